"""The package index for pip and uv: a token instead of a login, plain answers, no site chrome."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from incubator.domain import package_index as rules
from incubator.domain.module import normalise_module_name
from incubator.domain.module_file import sums_text
from incubator.models.modules import CURATORS
from incubator.permissions.modules import admitted_firms
from incubator.selectors import modules as library
from incubator.selectors import package_index as reads
from incubator.services import module_files
from incubator.services import modules as services
from portal.domain.lifecycle import Invalid
from portal.models import User
from portal.permissions import has_role, public
from portal.services.tokens import user_of_token
from portal.views.workspace import file_response

TEXT = "text/plain; charset=utf-8"
REALM = 'Basic realm="modules", charset="UTF-8"'


def refuse_anonymous() -> HttpResponse:
    """Ask for a token; pip shows the status line, a person the text."""
    text = _("Sign in with an access token of your account as the user name (Workspace, Tokens).")
    return HttpResponse(text, status=401, content_type=TEXT, headers={"WWW-Authenticate": REALM})


def refuse_unadmitted() -> HttpResponse:
    """Say that the token works, and that its owner's firm may not download."""
    text = _("Only members of admitted firms may install shared modules.")
    return HttpResponse(text, status=403, content_type=TEXT)


def with_token(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a view to the holder of a live token who may download; a session does not count."""

    def guarded(request: HttpRequest, **names: str) -> HttpResponse:
        now = timezone.now()
        user = user_of_token(secret=basic_token(request), now=now)
        if user is None:
            return refuse_anonymous()
        if not has_role(user, *CURATORS) and not admitted_firms(user):
            return refuse_unadmitted()
        response = view(request, user, now, **names)
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ("Accept", "Authorization"))
        return response

    return guarded


def basic_token(request: HttpRequest) -> str:
    """Return the token in the Authorization header, or “” where there is none that can be read."""
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        user, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no Base64, no ASCII, no UTF-8
        return ""
    return rules.token_in(user, password)


def answer(request: HttpRequest, data: Any, template: str, context: dict[str, Any]) -> HttpResponse:
    """Answer in the form that the client accepts most; 406 where it accepts none."""
    media_type = request.get_preferred_type(list(rules.OFFERED))
    if media_type is None:
        return HttpResponse(", ".join(rules.OFFERED), status=406, content_type=TEXT)
    if rules.OFFERED[media_type] == "json":
        return JsonResponse(data, content_type=rules.JSON)
    kind = "text/html; charset=utf-8" if media_type == "text/html" else rules.HTML
    return render(request, template, context, content_type=kind)


def projects(request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    """All projects (two queries beside the token's)."""
    names = reads.project_names()
    context = {"names": names}
    return answer(request, rules.projects_json(names), "incubator/index/projects.html", context)


def project(request: HttpRequest, user: User, now: datetime, name: str) -> HttpResponse:
    """One project's files; a name that is written otherwise leads to its normal form."""
    try:
        normal = normalise_module_name(name)
    except Invalid:
        normal = name
    if normal != name:
        return redirect("incubator:index_project", normal, permanent=True)
    files = reads.project_files(name)

    def url_of(filename: str) -> str:
        return reverse("incubator:index_file", args=[name, filename])

    context = {"name": name, "files": [(file, url_of(file.filename)) for file in files]}
    data = rules.project_json(name, files, url_of)
    return answer(request, data, "incubator/index/project.html", context)


def file(request: HttpRequest, user: User, now: datetime, name: str, filename: str) -> HttpResponse:
    """A release's file, counted for the firm, or the metadata beside it."""
    if filename.endswith(".metadata"):
        release = reads.release_of_file(name, filename.removesuffix(".metadata"))
        if not release.core_metadata:
            raise Http404
        return HttpResponse(release.core_metadata, content_type=TEXT)
    release = reads.release_of_file(name, filename)
    if request.method == "HEAD" and release.file:
        return file_response(release.file)
    return file_response(services.download_release(release=release, actor=user, now=now))


def beside(request: HttpRequest, user: User, now: datetime, **names: str) -> HttpResponse:
    """A file of a release that is no Python package, counted for the firm."""
    found = library.file_to_download(**names)
    if request.method == "HEAD":
        return file_response(found.file)
    return file_response(module_files.download_file(file=found, actor=user, now=now))


@public
@require_safe
def module_sums(request: HttpRequest, name: str, number: str) -> HttpResponse:
    """The digests of a release's files, as ``sha256sum --check`` reads them; for anybody."""
    return HttpResponse(sums_text(library.release_sums(name, number)), content_type=TEXT)


module_file = public(require_safe(with_token(beside)))
index_projects = public(require_safe(with_token(projects)))
index_project = public(require_safe(with_token(project)))
index_file = public(require_safe(with_token(file)))
