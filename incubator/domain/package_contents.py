"""What lies in a package, for whoever reviews it: top-level names, and what may surprise.

Warnings are codes with names; they refuse nothing, a person reads them.
"""

import configparser
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from incubator.domain.module_names import reserved_as

SHOWN: Final = 30
"""How many names of a kind are kept."""
LONGEST: Final = 80
"""How much of a name is kept."""
CODE: Final = (".py", ".pyc", ".so", ".pyd")
"""Endings of files that Python imports."""
STARTUP: Final = frozenset({"sitecustomize.py", "usercustomize.py"})
SCRIPTS: Final = frozenset({"console_scripts", "gui_scripts"})
BESIDE: Final = frozenset({"setup.py", "conftest.py", "noxfile.py", "tests", "test", "docs"})
"""What a source distribution holds beside what it installs."""
_COMMANDS: Final = (
    "awk bash cat chmod conda cp curl docker git grep gzip kubectl ls make mv node npm perl pip "
    "pip3 psql python python3 rm rsync scp sed sh ssh sudo systemctl tar uv vi vim wget zsh"
)
COMMANDS: Final = frozenset(_COMMANDS.split())
"""Commands that people type without thinking of a package."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its path and its size in bytes."""

    path: str
    size: int


def wheel_contents(
    members: Collection[Member], folder: str, entry_points: str, name: str
) -> dict[str, Any]:
    """Return what a wheel puts where, as JSON; ``folder`` is its ``.dist-info``."""
    data = f"{folder.removesuffix('.dist-info')}.data/"
    placed = [placed_at(one.path, data) for one in members]
    tops = {path.split("/")[0] for path in placed if path} - {folder}
    scripts = script_names(members, data, entry_points)
    found = {
        "startup": [path for path in placed if "/" not in path and is_startup(path)],
        "scripts": sorted(scripts),
        "commands": sorted(scripts & COMMANDS),
        "outside": sorted(one.path for one in members if goes_outside(one.path, data)),
        **odd_names(tops, name),
    }
    return summed(members, tops, found)


def sdist_contents(members: Collection[Member], folder: str, name: str) -> dict[str, Any]:
    """Return what a source distribution holds, as JSON; ``folder`` is the one it lies in."""
    paths = [one.path.removeprefix(f"{folder}/") for one in members]
    inner = [path.removeprefix("src/") for path in paths]
    packages = {
        path.split("/")[0]
        for path in inner
        if path.count("/") == 1 and path.endswith("/__init__.py")
    }
    modules = {path for path in inner if "/" not in path and path.endswith(".py")}
    found = {
        "setup": [path for path in paths if path == "setup.py"],
        "startup": [path for path in paths if is_startup(path.rpartition("/")[2])],
        **odd_names((packages | modules) - BESIDE, name),
    }
    return summed(members, {path.split("/")[0] for path in paths}, found)


def summed(
    members: Collection[Member], tops: Iterable[str], found: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    """Return number, size, top-level names and warnings, everything bounded."""
    return {
        "files": len(members),
        "bytes": sum(one.size for one in members),
        "tops": shown(sorted(tops)),
        "more": max(len(set(tops)) - SHOWN, 0),
        "warnings": {code: shown(names) for code, names in found.items() if names},
    }


def shown(names: Iterable[str]) -> list[str]:
    """Return the first names, each cut and made of what can be seen.

    An archive's names may hold bytes of another encoding, zeros or marks that turn the direction
    of writing: a database may refuse them, and a reader would be misled.

    >>> shown(["hy_part", "a" + chr(0) + ".py", "b" + chr(0x202E) + ".py"])
    ['hy_part', 'a�.py', 'b�.py']
    """
    return [visible(name[:LONGEST]) for name in list(names)[:SHOWN]]


def visible(name: str) -> str:
    """Return a name with U+FFFD for every character that cannot be seen."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name)


def placed_at(path: str, data: str) -> str:
    """Return where an installer puts a member beside all packages, or “” for elsewhere.

    >>> [placed_at(f"hy-1.data/{path}", "hy-1.data/") for path in ("purelib/a.pth", "data/x")]
    ['a.pth', '']
    """
    if not path.startswith(data):
        return path
    scheme, _slash, rest = path.removeprefix(data).partition("/")
    return rest if scheme in {"purelib", "platlib"} else ""


def is_startup(name: str) -> bool:
    """Return whether Python reads a file of this name whenever it starts."""
    return name.lower().endswith(".pth") or name in STARTUP


def goes_outside(path: str, data: str) -> bool:
    """Return whether a member is put beside neither packages nor scripts."""
    return path.startswith(data) and path.removeprefix(data).split("/")[0] in {"data", "headers"}


def script_names(members: Collection[Member], data: str, entry_points: str) -> set[str]:
    """Return the commands that an installation makes."""
    start = f"{data}scripts/"
    files = {one.path.removeprefix(start) for one in members if one.path.startswith(start)}
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(entry_points)
    except configparser.Error:
        return files
    return files | {key for part in parser.sections() if part in SCRIPTS for key in parser[part]}


def odd_names(tops: Iterable[str], name: str) -> dict[str, list[str]]:
    """Return what is imported under a name of Python, of a known package, or not the module's."""
    modules = {top.split(".")[0] for top in tops if "." not in top or top.endswith(CODE)}
    python = {one for one in modules if one in sys.stdlib_module_names}
    known = {one for one in modules - python if reserved_as(one.lower().replace("_", "-"))}
    own = name.replace("-", "_")
    others = {one for one in modules - python - known if one.lower() != own}
    return {"python": sorted(python), "known": sorted(known), "others": sorted(others)}
