"""Files of a release beside its Python package: the contributor's desk, and a firm's download."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from incubator.forms.modules import ModuleFileForm, ReleaseForm, StartReleaseForm
from incubator.selectors import modules as reads
from incubator.services import module_files as services
from incubator.views.modules import DESK, draw_release
from portal.permissions import logged_in
from portal.views.base import act, done, form_page, posted_version, run_form
from portal.views.workspace import file_response


@logged_in
@require_POST
def module_file_download(
    request: HttpRequest, name: str, number: str, filename: str
) -> HttpResponse:
    """Send a file of a release to an admitted firm; the download is counted."""
    found = reads.file_to_download(name, number, filename)
    stored = services.download_file(file=found, actor=request.user, now=timezone.now())
    return file_response(stored)


@DESK
@require_POST
def release_start(request: HttpRequest, name: str) -> HttpResponse:
    """Begin a release of my module that takes files of other kinds."""
    module = reads.my_module(request.user, name)
    form = StartReleaseForm(request.POST, prefix="start")
    ok, release = run_form(
        form,
        lambda values: services.start_release(
            module=module, number=values["number"], actor=request.user, now=timezone.now()
        ),
    )
    if ok:
        text = _("The release is begun. Add its files, then submit it for review.")
        return done(request, text, "incubator:release", release.pk)
    context = {"module": module, "start": form}
    response = form_page(request, "incubator/modules/release_new.html", ReleaseForm(), context)
    response.status_code = 422
    return response


@DESK
@require_POST
def release_file_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a file to my release."""
    release, _actions = reads.release_page(request.user, pk)
    form = ModuleFileForm(request.POST, request.FILES, prefix="add")
    ok, _file = run_form(
        form,
        lambda values: services.add_file(
            release=release,
            kind=values["kind"],
            upload=values["file"],
            actor=request.user,
            now=timezone.now(),
        ),
    )
    if ok:
        return done(request, _("The file is in the release."), "incubator:release", pk)
    return draw_release(request, pk, add=form)


@DESK
@require_POST
def release_file_remove(request: HttpRequest, pk: int, file: int) -> HttpResponse:
    """Take a file out of my release."""
    release, _actions = reads.release_page(request.user, pk)
    return act(
        request,
        lambda: services.remove_file(
            release=release, pk=file, actor=request.user, now=timezone.now()
        ),
        "incubator:release",
        pk,
    )


@DESK
@require_POST
def release_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand my release in with the files that it has."""
    release, _actions = reads.release_page(request.user, pk)
    return act(
        request,
        lambda: services.submit_files(
            release=release,
            actor=request.user,
            now=timezone.now(),
            expected_version=posted_version(request),
        ),
        "incubator:release",
        pk,
    )
