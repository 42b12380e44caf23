"""The packages of issued documents that go to the county's archive."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from portal.domain.roles import Role
from portal.forms import ArchiveForm
from portal.permissions import for_roles
from portal.selectors.archives import packages_of
from portal.services.archive import archivable_kinds, ask_package
from portal.views.base import done, form_page, run_form


@for_roles(Role.STAFF, Role.LEAD)
@never_cache
def archive(request: HttpRequest) -> HttpResponse:
    """Choose a kind and days; the package is made meanwhile and stands on the page."""
    form = ArchiveForm(request.POST or None, kinds=archivable_kinds(request.user))
    ok, _asked = run_form(
        form,
        lambda values: ask_package(actor=request.user, now=timezone.now(), **values),
    )
    if ok:
        said = _("The package is being made. You get a message when it is ready.")
        return done(request, said, "portal:archive")
    return form_page(request, "portal/site/archive.html", form, {"rows": packages_of(request.user)})
