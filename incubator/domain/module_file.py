"""Files of a release beside its Python package: which kinds there are, what each must look like.

They come from strangers: nothing is run or unpacked, every read is bounded. What a kind may be is
said twice: by content type (``portal.domain.content_types``) and, here, by reading it through.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from packaging.version import InvalidVersion, Version

from incubator.domain.model_weights import read_weights
from incubator.domain.module import MAX_VERSION, wrong
from incubator.domain.module_archives import read_bundle, read_container
from incubator.domain.module_sql import read_sql
from portal.domain.content_types import HEAD_BYTES, PICKLE, settled, sniff

KINDS: Final = ("weights", "container", "sql", "bundle")
EDITABLE: Final = ("draft", "changes_requested")
"""States of a release whose files may change."""
MAX_FILES: Final = 8
PICKLE_ENDINGS: Final = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy")
"""Names under which weights are found that run code when they are loaded."""
SUMS: Final = "SHA256SUMS"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


@dataclass(frozen=True, slots=True)
class Sum:
    """A file's SHA-256 in hex and its name."""

    sha256: str
    name: str


def use_of(kind: str) -> str:
    """Return the use under which a file of ``kind`` is stored.

    >>> use_of("sql")
    'module_sql'
    """
    return f"module_{kind}"


def check_version(number: str) -> str:
    """Return a version in its normal form (PEP 440); raises ``Invalid("module_version")``.

    >>> check_version(" v1.0-alpha ")
    '1.0a0'
    """
    try:
        normal = str(Version(number.strip()))
    except InvalidVersion:
        raise wrong("module_version", "number", number=number.strip()[:60]) from None
    if len(normal) > MAX_VERSION:
        raise wrong("module_version", "number", number=normal[:MAX_VERSION])
    return normal


def check_name(name: str) -> str:
    """Return a file's name, fit for a URL and a shell; raises ``Invalid("module_file_name")``.

    >>> check_name("township-names.safetensors")
    'township-names.safetensors'
    """
    if not _NAME.fullmatch(name) or name == SUMS:
        raise wrong("module_file_name", name=name[:120])
    return name


def read_module_file(kind: str, opened: BinaryIO, name: str) -> dict[str, Any]:
    """Return what a file of ``kind`` says about itself, as JSON for the page.

    ``opened`` is seekable and left anywhere. Raises ``Invalid`` for the field ``file``:
    module_file_name, weights_pickle, weights_layout, module_file_damaged, module_file_large,
    module_file_path, module_file_links, container_parts, container_digest, bundle_member,
    bundle_empty, sql_text, sql_command, sql_begin. A type that the kind does not take is left to
    the allow list of ``store_file``.
    """
    check_name(name)
    opened.seek(0)
    head = opened.read(HEAD_BYTES)
    found = settled(use_of(kind), sniff(head, opened), head)
    if found == PICKLE or (kind == "weights" and name.lower().endswith(PICKLE_ENDINGS)):
        raise wrong("weights_pickle", name=name)
    opened.seek(0)
    return READERS[kind](opened, found, name)


READERS: Final[Mapping[str, Callable[[BinaryIO, str, str], dict[str, Any]]]] = {
    "weights": read_weights,
    "container": read_container,
    "sql": read_sql,
    "bundle": read_bundle,
}


def sums_text(sums: Sequence[Sum]) -> str:
    r"""Return the lines that ``sha256sum --check`` reads, by name.

    >>> sums_text([Sum("ab", "b.sql"), Sum("cd", "a.onnx")])
    'cd  a.onnx\nab  b.sql\n'
    """
    return "".join(f"{row.sha256}  {row.name}\n" for row in sorted(sums, key=lambda s: s.name))
