"""Collect the third-party front-end files that the pages use.

npm (package-lock.json) brings the stylesheet and the icon drawings, ``django-htmx`` brings
htmx.  The command gathers the few files that are served into ``var/assets``, which the settings
publish under ``vendor/``, so that no page ever asks another host for anything.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import django_htmx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

ICONS = (
    *("alert-circle", "alert-octagon", "alert-triangle", "archive", "arrow-back-up"),
    *("arrow-down", "arrow-left", "arrow-right", "arrow-up", "ban", "bell", "book", "building"),
    *("building-community", "bulb", "calendar", "calendar-due", "camera", "certificate"),
    *("chart-bar", "chart-line", "check", "checklist", "chevron-down", "chevron-left"),
    *("chevron-right", "chevron-up", "circle", "circle-check", "clipboard-check", "clock"),
    *("cloud", "coin", "copy", "device-floppy", "device-mobile", "download", "equal"),
    *("external-link", "eye", "eye-off", "file-certificate", "file-code", "file-spreadsheet"),
    *("file-text", "filter", "fingerprint", "flag", "folder", "gavel", "help-circle", "history"),
    *("home", "hourglass", "id-badge-2", "inbox", "info-circle", "key", "link", "list-check"),
    *("lock", "lock-open", "login", "logout", "mail", "map-pin", "menu-2", "message-2"),
    *("message-report", "minus", "news", "package", "paperclip", "pencil", "phone"),
    *("player-pause", "player-play", "plus", "printer", "progress", "qrcode", "refresh"),
    *("rotate-clockwise", "route", "scale", "school", "search", "send", "server", "settings"),
    *("shield-check", "sort-ascending", "speakerphone", "star", "table", "target", "trash"),
    *("trending-up", "trophy", "upload", "user", "user-plus", "users", "volume-2", "world"),
    *("writing", "x"),
)
"""Names of the outline drawings in the sprite; ``{% icon "lock" %}`` shows ``#i-lock``."""

# The licence text travels with the files it covers.
TABLER_CSS = "@tabler/core/dist/css/tabler.min.css"
ICON_LICENCE = "@tabler/icons/LICENSE"
HTMX = "htmx-2.min.js"


class Command(BaseCommand):
    """``manage.py build_assets [--target DIR]``: fill ``var/assets``; safe to repeat."""

    help = "Copy the stylesheet, htmx and one icon sprite from node_modules into var/assets."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--target", type=Path, default=None)
        parser.add_argument("--node-modules", type=Path, default=None)

    def handle(self, *_args: Any, **options: Any) -> None:
        base = Path(settings.BASE_DIR)
        modules = options["node_modules"] or base / "node_modules"
        target = options["target"] or base / "var" / "assets"
        if not (modules / TABLER_CSS).exists():
            raise CommandError(f"{modules / TABLER_CSS} is missing: run `npm ci` first.")
        target.mkdir(parents=True, exist_ok=True)
        build(modules, target)
        self.stdout.write(f"{target}: stylesheet, htmx and {len(ICONS)} icons.")


def build(modules: Path, target: Path) -> None:
    """Write every published file below ``target``, leaving unchanged files untouched."""
    css = (modules / TABLER_CSS).read_text(encoding="utf-8")
    write(target / "tabler.min.css", without_source_map(css))
    write(target / "icons.svg", sprite(modules / "@tabler/icons/icons/outline"))
    write(target / "LICENSE-tabler.txt", (modules / ICON_LICENCE).read_text(encoding="utf-8"))
    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / HTMX
    if not (target / HTMX).exists() or (target / HTMX).read_bytes() != htmx.read_bytes():
        shutil.copyfile(htmx, target / HTMX)


def write(path: Path, text: str) -> None:
    """Write ``text`` unless the file already holds it, so that timestamps stay still."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def without_source_map(css: str) -> str:
    """Drop the source-map pointer: hashed static storage would demand the map as a file."""
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css).rstrip() + "\n"


def sprite(drawings: Path) -> str:
    """One SVG file with a ``<symbol id="i-NAME">`` for each of ``ICONS``.

    Raises ``CommandError`` naming the first drawing that the package does not have.
    """
    symbols = "\n".join(symbol(drawings / f"{name}.svg", name) for name in ICONS)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(path: Path, name: str) -> str:
    """The drawing as a symbol, without the invisible bounding box that every file starts with."""
    if not path.exists():
        raise CommandError(f"@tabler/icons has no outline icon named {name}.")
    shapes = re.findall(r"<(?:path|circle|rect|line)\b[^>]*/>", path.read_text(encoding="utf-8"))
    visible = "".join(shape for shape in shapes if 'd="M0 0h24v24H0z"' not in shape)
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{visible}</symbol>'
