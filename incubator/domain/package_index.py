"""The package index for machines: what a project's page says, and in which form.

PEP 503 (HTML), PEP 691 and 700 (JSON), PEP 592 (yanked), PEP 658/714 (metadata beside a file).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

API_VERSION: Final = "1.1"
HTML: Final = "application/vnd.pypi.simple.v1+html"
JSON: Final = "application/vnd.pypi.simple.v1+json"
OFFERED: Final[Mapping[str, str]] = {
    JSON: "json",
    HTML: "html",
    "application/vnd.pypi.simple.latest+json": "json",
    "application/vnd.pypi.simple.latest+html": "html",
    "text/html": "html",
}
"""Media types that are served, first the one preferred among equals, and what each draws."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of a release: ``size`` in bytes, ``sha256`` and ``metadata_sha256`` in hex.

    ``metadata_sha256`` is empty where the metadata is not served beside the file; ``yanked`` is
    the reason, or ``None``.
    """

    filename: str
    version: str
    sha256: str
    size: int
    requires_python: str
    metadata_sha256: str
    yanked: str | None
    uploaded_at: datetime


def project_json(
    name: str, files: Sequence[IndexFile], url_of: Callable[[str], str]
) -> dict[str, Any]:
    """Return a project's page as PEP 691/700 JSON; ``url_of`` gives a file's address by its name.

    >>> project_json("hy-x", [], str)["versions"]
    []
    """
    return {
        "meta": {"api-version": API_VERSION},
        "name": name,
        "versions": sorted({file.version for file in files}),
        "files": [file_json(file, url_of(file.filename)) for file in files],
    }


def file_json(file: IndexFile, url: str) -> dict[str, Any]:
    """Return one file's entry; keys without a value are left out, as PEP 691 asks."""
    entry: dict[str, Any] = {
        "filename": file.filename,
        "url": url,
        "hashes": {"sha256": file.sha256},
        "size": file.size,
        "upload-time": file.uploaded_at.astimezone(UTC).isoformat(timespec="microseconds")[:-6]
        + "Z",
        "yanked": (file.yanked or True) if file.yanked is not None else False,
    }
    if file.requires_python:
        entry["requires-python"] = file.requires_python
    if file.metadata_sha256:
        # PEP 714: the old key for old clients, the new one for all others.
        hashes = {"sha256": file.metadata_sha256}
        entry |= {"core-metadata": hashes, "dist-info-metadata": hashes}
    return entry


def projects_json(names: Sequence[str]) -> dict[str, Any]:
    """Return the list of projects as PEP 691 JSON.

    >>> projects_json(["hy-x"])["projects"]
    [{'name': 'hy-x'}]
    """
    return {
        "meta": {"api-version": API_VERSION},
        "projects": [{"name": name} for name in names],
    }


def token_in(user: str, password: str) -> str:
    """Return the token that HTTP Basic carries: as the user (pip's short form) or the password.

    >>> token_in("hyt_abc", ""), token_in("__token__", "hyt_abc")
    ('hyt_abc', 'hyt_abc')
    """
    return password or user
