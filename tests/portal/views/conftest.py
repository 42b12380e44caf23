"""What tests of the pages share with those of the services."""

from tests.portal.services.conftest import pdf

__all__ = ["pdf"]
