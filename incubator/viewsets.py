"""What staff edit in the back office besides pages."""

from django.utils.translation import gettext_lazy as _
from wagtail.snippets.views.snippets import SnippetViewSet

from incubator.models import ApplicationWindow


class WindowViewSet(SnippetViewSet):
    """Application windows: drafts only; ``services.windows`` publishes them."""

    model = ApplicationWindow
    icon = "form"
    menu_label = _("Application windows")
    add_to_admin_menu = True
    copy_view_enabled = True
    list_display = ("title", "key", "state", "opens_on", "closes_on")
    list_filter = ("state",)
    search_fields = ("title", "key")
