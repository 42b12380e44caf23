"""Catalogues of the interface:  python -m tests.support.translations check|update

``check`` fails on text that has no Chinese; ``update`` writes new texts into the catalogues and
takes over what another app's catalogue already says.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "incubator", "village_pilot", "certification", "config")
SOURCES = ("*.py", "*.html", "*.txt", "*.js")
CATALOGUE = "locale/zh_Hans/LC_MESSAGES/django.po"
NOT_SHIPPED = ("migrations", "node_modules", "__pycache__")
# Without dates and names, a catalogue changes only when its texts do.
HEADER = {
    "Language": "zh_Hans",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
EXTRACT = ("makemessages", "--locale", "zh_Hans", "--no-location", "--no-obsolete", "--no-wrap")


def extract(root: Path) -> list[Path]:
    """Bring the catalogue of every app under ``root`` up to date; return those that hold text."""
    paths = []
    for app in APPS:
        folder = root / app
        if not folder.is_dir():
            continue
        path = folder / CATALOGUE
        path.parent.mkdir(parents=True, exist_ok=True)
        # -P: the app's own selectors would stand in the way of Python's.
        command = [sys.executable, "-P", "-m", "django", *EXTRACT, "--extension", "html,txt,py"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        if path.exists():
            paths.append(path)
    return paths


def copy_sources(target: Path) -> None:
    """Copy what holds text, and the catalogues, so that a check changes nothing."""
    for app in APPS:
        for path in (ROOT / app).rglob("*"):
            wanted = any(path.match(pattern) for pattern in (*SOURCES, "*.po"))
            if wanted and not set(NOT_SHIPPED) & set(path.parts):
                copy = target / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)


def faults(catalogue: polib.POFile) -> Iterator[str]:
    """Yield one line for every entry that a reader of Chinese would see in English."""
    for entry in catalogue:
        if entry.obsolete:
            continue
        if entry.fuzzy:
            yield f"fuzzy: {entry.msgid!r}"
        elif not entry.translated():
            yield f"untranslated: {entry.msgid!r}"


def check() -> int:
    """Print the faults of all catalogues; return 1 if there are any."""
    with tempfile.TemporaryDirectory() as scratch:
        copy_sources(Path(scratch))
        found = [
            f"{path.relative_to(scratch).parts[0]}: {fault}"
            for path in extract(Path(scratch))
            for fault in faults(polib.pofile(str(path)))
        ]
    for line in found:
        print(line)
    if found:
        print(f"{len(found)} texts without Chinese: make messages, then translate them.")
    return int(bool(found))


def known_texts(catalogues: Iterable[polib.POFile]) -> dict[tuple[str | None, str], str]:
    """Return what any catalogue says, by context and message id."""
    return {
        (entry.msgctxt, entry.msgid): entry.msgstr
        for catalogue in catalogues
        for entry in catalogue
        if entry.translated() and not entry.fuzzy
    }


def update() -> int:
    """Write new texts into the catalogues, translated where another app's catalogue knows them."""
    catalogues = [polib.pofile(str(path), wrapwidth=0) for path in extract(ROOT)]
    known = known_texts(catalogues)
    for catalogue in catalogues:
        catalogue.header, catalogue.metadata_is_fuzzy = "", False
        catalogue.metadata = dict(HEADER)
        for entry in catalogue:
            text = known.get((entry.msgctxt, entry.msgid))
            if text and not entry.translated():
                entry.msgstr = text
                entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        catalogue.save()
    return 0


if __name__ == "__main__":
    sys.exit({"check": check, "update": update}[sys.argv[1]]())
