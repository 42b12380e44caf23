"""The package of issued documents that goes to the county's archive."""

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from portal.domain.roles import Role
from portal.forms import ArchiveForm
from portal.permissions import for_roles
from portal.services.archive import archivable_kinds, export_archive
from portal.views.base import form_page, run_form


@for_roles(Role.STAFF, Role.LEAD)
@never_cache
def archive(request: HttpRequest) -> HttpResponse:
    """Choose a kind and days; get the package."""
    form = ArchiveForm(request.POST or None, kinds=archivable_kinds(request.user))
    ok, package = run_form(
        form,
        lambda values: export_archive(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        return FileResponse(package.target, as_attachment=True, filename=package.name)  # type: ignore[return-value]
    return form_page(request, "portal/site/archive.html", form)
