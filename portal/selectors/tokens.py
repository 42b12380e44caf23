"""A person's access tokens as their page shows them."""

from portal.models import AccessToken, User


def tokens_of(user: User) -> list[AccessToken]:
    """Return the newest 50 tokens of a person, dead ones included (one query)."""
    return list(AccessToken.objects.filter(user=user)[:50])
