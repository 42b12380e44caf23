"""Shared modules: the public library, and the desk of contributors and staff."""

from typing import Any

from django.conf import settings
from django.forms import Form
from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from incubator.domain.module import normalise_module_name
from incubator.forms.modules import (
    ModuleFileForm,
    ModuleForm,
    ModuleSearchForm,
    ModuleTextsForm,
    ReasonForm,
    ReleaseForm,
    StartReleaseForm,
)
from incubator.labels.modules import PACKAGE_WARNINGS
from incubator.models import ModuleFile, ModuleRelease, SharedModule
from incubator.models.modules import CURATORS, FIRM_ROLES
from incubator.permissions.modules import admitted_firms, may_see_firms
from incubator.selectors import modules as reads
from incubator.selectors.module_uses import firms_delivering
from incubator.services import modules as services
from portal import labels
from portal.domain.lifecycle import Invalid
from portal.domain.roles import Role
from portal.labels.days import day
from portal.permissions import for_roles, has_role, logged_in, public
from portal.views.base import (
    act,
    done,
    form_page,
    forms_page,
    keyset,
    next_link,
    posted_version,
    run_form,
    typed,
)
from portal.views.workspace import file_response

RELEASE_FORMS = {"upload": "submit", "add": "submit", "changes": "publish", "yank": "yank"}
"""The forms of a release's page, each with the action that must be open for it to be drawn."""
DESK = for_roles(Role.FIRM_SIGNER, Role.FIRM_MEMBER, Role.STAFF, Role.RESOURCE_MANAGER)


@public
@require_safe
def module_list(request: HttpRequest) -> HttpResponse:
    """The library."""
    form = ModuleSearchForm(request.GET)
    q = form.cleaned_data["q"] if form.is_valid() else ""
    rows = reads.library_page(q, typed(request.GET, "after", 100))
    more = next_link(request, rows[reads.PAGE - 1].name) if len(rows) > reads.PAGE else ""
    context = {"rows": rows[: reads.PAGE], "form": form, "q": q, "next_url": more}
    return render(request, "incubator/modules/module_list.html", context)


@public
@require_safe
def module_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One module, its versions and how to get it."""
    try:
        normal = normalise_module_name(name)
    except Invalid:
        normal = name
    if normal != name:
        return redirect("incubator:module", normal, permanent=True)
    page = reads.module_page(name)
    sees_firms = may_see_firms(request.user, page.module)
    context = {
        "page": page,
        "access": download_access(request),
        "file": page.current.file,
        "pip_line": pip_line(page.current),
        "curl_lines": curl_lines(page.current),
        "check_line": check_line(page.current),
        "firms": reads.firms_using(page.module) if sees_firms else None,
        "deliverers": firms_delivering(page.module) if sees_firms else None,
    }
    return render(request, "incubator/modules/module_detail.html", context)


def pip_line(release: ModuleRelease) -> str:
    """Return how to install a module from the portal's index; TOKEN stands for the reader's own.

    pip passes over a withdrawn release unless it is named by its number (PEP 592).
    """
    name = release.module.name
    wanted = f"{name}=={release.number}" if release.state == "yanked" else name
    scheme, _colon, host = settings.BASE_URL.partition("://")
    index = reverse("incubator:index_projects")
    return f"pip install --index-url {scheme}://TOKEN@{host.rstrip('/')}{index} {wanted}"


def own_url(route: str, *args: object) -> str:
    """Return a full address of the portal."""
    return settings.BASE_URL.rstrip("/") + reverse(route, args=args)


def curl_lines(release: ModuleRelease) -> list[tuple[ModuleFile, str]]:
    """Return the files of a release, each with the command that fetches it by a token."""
    where = release.module.name, release.number
    return [
        (file, f"curl -fLO --user TOKEN: {own_url('incubator:module_file', *where, file.name)}")
        for file in release.files.all()
    ]


def check_line(release: ModuleRelease) -> str:
    """Return the command that fetches the digests and holds what was downloaded against them."""
    url = own_url("incubator:module_sums", release.module.name, release.number)
    return f"curl -fL {url} | sha256sum -c --ignore-missing"


def download_access(request: HttpRequest) -> str:
    """Return open, or why the download is closed: login, firm or admission."""
    if not request.user.is_authenticated:
        return "login"
    if has_role(request.user, *CURATORS) or admitted_firms(request.user):
        return "open"
    return "admission" if has_role(request.user, *FIRM_ROLES) else "firm"


@logged_in
@require_POST
def module_download(request: HttpRequest, name: str, number: str) -> HttpResponse:
    """Send a release to an admitted firm; the download is counted."""
    release = reads.release_to_download(name, number)
    stored = services.download_release(release=release, actor=request.user, now=timezone.now())
    return file_response(stored)


@DESK
@require_safe
def module_desk(request: HttpRequest) -> HttpResponse:
    """My modules and releases; for the staff what waits for review."""
    rows = reads.my_releases(request.user, keyset(request))
    more = next_link(request, rows[reads.PAGE - 1].pk) if len(rows) > reads.PAGE else ""
    context = {
        "queue": reads.review_queue() if has_role(request.user, Role.STAFF) else None,
        "unused": unused_modules(request),
        "modules": reads.my_modules(request.user),
        "table": release_table(rows[: reads.PAGE]),
        "rows": rows[: reads.PAGE],
        "next_url": more,
        "may_contribute": may_contribute(request),
    }
    return render(request, "incubator/modules/module_desk.html", context)


def unused_modules(request: HttpRequest) -> list[SharedModule]:
    """Return for the staff the modules that never came to a release."""
    if not has_role(request.user, Role.STAFF):
        return []
    return reads.removable_modules(request.user)


def may_contribute(request: HttpRequest) -> bool:
    """Return whether the person may register a module: a curator, or in an admitted firm."""
    return has_role(request.user, *CURATORS) or bool(admitted_firms(request.user))


def release_table(rows: list[ModuleRelease]) -> dict[str, Any]:
    """Return releases as the table component takes them."""
    return {
        "caption": _("Newest first"),
        "headers": [
            {"label": _("Release")},
            {"label": _("Contributed by")},
            {"label": _("State")},
            {"label": _("In this state since")},
        ],
        "rows": [[*release_cells(release)] for release in rows],
    }


def release_cells(release: ModuleRelease) -> list[Any]:
    """Return a release's cells."""
    name, _public, tone, icon = labels.STATES["incubator.module_release"][release.state]
    owner = release.module.owner.name if release.module.owner else _("The county")
    return [
        {"text": str(release), "url": release.get_absolute_url()},
        owner,
        {"text": name, "tone": tone, "icon": icon},
        day(release.state_since),
    ]


@DESK
def module_new(request: HttpRequest) -> HttpResponse:
    """Register a module."""
    form = ModuleForm(
        request.POST or None,
        firms=admitted_firms(request.user),
        county=has_role(request.user, *CURATORS),
    )
    ok, module = run_form(
        form,
        lambda values: services.create_module(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        text = _("The module is registered. Upload its first release.")
        return done(request, text, "incubator:release_new", module.name)
    context = {"may_contribute": may_contribute(request)}
    return form_page(request, "incubator/modules/module_new.html", form, context)


@DESK
def module_edit(request: HttpRequest, name: str) -> HttpResponse:
    """Correct the details of my module."""
    module = reads.my_module(request.user, name)
    form = ModuleTextsForm(
        request.POST or None,
        initial=model_to_dict(module, services.TEXTS),
        licence_kept=reads.has_fixed_licence(module),
    )
    ok, _edited = run_form(
        form,
        lambda values: services.edit_module(
            module=module, actor=request.user, now=timezone.now(), **values
        ),
    )
    if ok:
        text = _("The details of %(name)s are corrected.") % {"name": name}
        return done(request, text, "incubator:module_desk")
    return form_page(request, "incubator/modules/module_edit.html", form, {"module": module})


@for_roles(Role.STAFF)
def module_remove(request: HttpRequest, name: str) -> HttpResponse:
    """Ask whether to remove a module without a release, and do it."""
    module = reads.removable_module(request.user, name)
    form = ReasonForm(request.POST or None)
    ok, _removed = run_form(
        form,
        lambda values: services.remove_module(
            module=module, reason=values["reason"], actor=request.user, now=timezone.now()
        ),
    )
    if ok:
        text = _("The module %(name)s is removed; its name is free again.") % {"name": name}
        return done(request, text, "incubator:module_desk")
    return form_page(request, "incubator/modules/module_remove.html", form, {"module": module})


@DESK
def release_new(request: HttpRequest, name: str) -> HttpResponse:
    """Upload a release of my module."""
    module = reads.my_module(request.user, name)
    form = ReleaseForm(request.POST or None, request.FILES or None)
    ok, release = run_form(
        form,
        lambda values: services.submit_release(
            module=module, upload=values["file"], actor=request.user, now=timezone.now()
        ),
    )
    if ok:
        return done(request, _("The release is in review."), "incubator:release", release.pk)
    context = {"module": module, "start": StartReleaseForm(prefix="start")}
    return form_page(request, "incubator/modules/release_new.html", form, context)


@DESK
@require_safe
def release_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A release with what it says about itself and what I may do."""
    return draw_release(request, pk)


def draw_release(request: HttpRequest, pk: int, **forms: Form) -> HttpResponse:
    """Draw the page of a release, with the form that was refused if there is one."""
    release, actions = reads.release_page(request.user, pk)
    name, _public, tone, icon = labels.STATES["incubator.module_release"][release.state]
    initial = {"version": release.version}
    context = {
        "release": release,
        "actions": actions,
        "status": {"label": name, "tone": tone, "icon": icon},
        "upload": ReleaseForm(initial=initial),
        "contents": release.metadata.get("contents"),
        "warnings": worded(reads.package_warnings(release)),
        "add": ModuleFileForm(prefix="add"),
        "changes": ReasonForm(initial=initial, prefix="changes"),
        "yank": ReasonForm(initial=initial, prefix="yank"),
    }
    drawn = {name for name, action in RELEASE_FORMS.items() if action in actions}
    template = "incubator/modules/release_detail.html"
    return forms_page(request, template, context | forms, forms, drawn)


def worded(warnings: dict[str, list[str]]) -> list[tuple[Any, str]]:
    """Return warnings in words with what they are about, the gravest first."""
    return [
        (text, ", ".join(warnings[code]))
        for code, text in PACKAGE_WARNINGS.items()
        if code in warnings
    ]


@DESK
@require_POST
def release_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a release."""
    release, _actions = reads.release_page(request.user, pk)
    return act(
        request,
        lambda: services.publish_release(
            release=release,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        "incubator:release",
        pk,
    )


@DESK
@require_POST
def release_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a release back with what to mend."""
    release, _actions = reads.release_page(request.user, pk)
    form = ReasonForm(request.POST, prefix="changes")
    ok, _moved = run_form(
        form,
        lambda values: services.request_changes(
            release=release,
            reason=values["reason"],
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("The contributor is asked for changes."), "incubator:release", pk)
    return draw_release(request, pk, changes=form)


@DESK
@require_POST
def release_yank(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a published release."""
    release, _actions = reads.release_page(request.user, pk)
    form = ReasonForm(request.POST, prefix="yank")
    ok, _moved = run_form(
        form,
        lambda values: services.yank_release(
            release=release,
            reason=values["reason"],
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("The release is withdrawn."), "incubator:release", pk)
    return draw_release(request, pk, yank=form)


@DESK
@require_POST
def release_resubmit(request: HttpRequest, pk: int) -> HttpResponse:
    """Upload the mended package of a release that came back."""
    release, _actions = reads.release_page(request.user, pk)
    form = ReleaseForm(request.POST, request.FILES)
    ok, _moved = run_form(
        form,
        lambda values: services.resubmit_release(
            release=release,
            upload=values["file"],
            actor=request.user,
            now=timezone.now(),
            expected_version=values["version"],
        ),
    )
    if ok:
        return done(request, _("The release is in review."), "incubator:release", pk)
    return draw_release(request, pk, upload=form)
