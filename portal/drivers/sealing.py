"""Seals small secrets for the database: whoever finds it, or a backup, must not find what opens.

Keys are Fernet keys (AES-128-CBC with HMAC-SHA-256), the first seals, all open. They come from
the setting ``SEALING_KEYS``, or from ``KEYS_DIR/sealing.keys``, one a line, which is made on
first use.
"""

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

FILE = "sealing.keys"
MARK = "sealed:"
"""Before what is sealed, so that it can be told from what never was."""


class SealingError(Exception):
    """A key is missing or is none; the text says what to do and holds no secret."""


def key_file() -> Path:
    """Return where this installation's keys lie."""
    return Path(settings.KEYS_DIR) / FILE


def load_keys() -> tuple[str, ...]:
    """Return the keys, the one that seals first; none where there are none yet."""
    if settings.SEALING_KEYS:
        return tuple(settings.SEALING_KEYS)
    try:
        return tuple(key_file().read_text(encoding="ascii").split())
    except FileNotFoundError:
        return ()


def add_key() -> None:
    """Put a new key before those that are there."""
    write_keys((Fernet.generate_key().decode(), *load_keys()))


def retire_keys() -> None:
    """Keep the key that seals, and no other."""
    write_keys(load_keys()[:1])


def write_keys(keys: Iterable[str]) -> None:
    """Write the file anew; it is whole at every moment."""
    fresh = draft(keys)
    fresh.replace(key_file())


def make_first_key() -> None:
    """Make the first key; where another process was quicker, its key stays."""
    fresh = draft([Fernet.generate_key().decode()])
    with suppress(FileExistsError):
        os.link(fresh, key_file())
    fresh.unlink()


def draft(keys: Iterable[str]) -> Path:
    """Write keys into a file beside the right one that only its owner can read."""
    folder = key_file().parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = folder / f".{FILE}.{secrets.token_hex(4)}"
    fresh.touch(mode=0o600)
    fresh.write_text("\n".join(keys) + "\n", encoding="ascii")
    return fresh


@lru_cache(maxsize=4)
def box(keys: tuple[str, ...]) -> MultiFernet:
    """Return what seals with the first of ``keys`` and opens with any."""
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise SealingError(
            f"SEALING_KEYS or {key_file()} holds something that is no Fernet key."
        ) from error


def present_box() -> MultiFernet:
    """Return the box of the keys that are there; raise ``SealingError`` where there are none."""
    keys = load_keys()
    if not keys:
        raise SealingError(
            f"{key_file()} is missing: bring it back from where `backup --keys` saved it "
            "(`restore --keys`), or set SEALING_KEYS."
        )
    return box(keys)


def seal(text: str) -> str:
    """Return ``text`` sealed with the newest key."""
    return MARK + present_box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Return what ``seal`` was given. Raises ``SealingError`` where no key opens it."""
    if not is_sealed(sealed):
        raise SealingError("What was never sealed is not opened: apply the migrations.")
    try:
        return present_box().decrypt(sealed.removeprefix(MARK).encode()).decode()
    except InvalidToken as error:
        raise SealingError(
            f"No key in SEALING_KEYS or {key_file()} opens what was sealed; one is missing."
        ) from error


def is_sealed(text: str) -> bool:
    """Return whether ``text`` is what ``seal`` returns."""
    return text.startswith(MARK)
