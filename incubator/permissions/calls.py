"""Who may read a proposal's files."""

from django.contrib.auth.models import AnonymousUser

from incubator.models.calls import Proposal
from portal.models import StoredFile, User
from portal.permissions import register_file_policy


def may_read_proposal_attachment(user: User | AnonymousUser, stored: StoredFile) -> bool:
    """Return whether ``user`` may download a proposal's file: whoever may read the proposal."""
    if not isinstance(user, User):
        return False
    return Proposal.objects.visible_to(user).filter(attachments__file=stored).exists()


register_file_policy(
    "proposal_attachment", "incubator.permissions.calls.may_read_proposal_attachment"
)
