"""allauth's socket for second factors: what opens them lies sealed in the database."""

from allauth.mfa.adapter import DefaultMFAAdapter

from portal.drivers.sealing import unseal
from portal.services.sealing import seal_secret


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth is untyped
    """Seals the keys of authenticator apps and the seeds of recovery codes."""

    def encrypt(self, text: str) -> str:
        """Seal what allauth is about to store."""
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open what allauth has read."""
        return unseal(encrypted_text)
