"""The project's own files: layout, locks, configuration."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from portal.labels import deed_label

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-lint.txt",
    "requirements-node.txt",
)
TOP_LEVEL = re.compile(
    r"portal|incubator|village_pilot|certification|config|tests|manage\.py|README(\.[a-z-]+)?\.md"
    r"|pyproject\.toml|requirements(-dev|-lint|-node)?\.txt|package(-lock)?\.json|Makefile|CHANGELOG\.md"
    r"|LICENSE|CONTRIBUTING\.md|SECURITY\.md|\..+"
)
# So written, the pattern does not find itself.
REGISTRIES = re.compile(r"\b(pypi|pythonhosted|npmjs)\.org\b")
SHARED_ROOMS = {"selectors", "domain", "migrations", "apps", "urls", "wagtail_hooks", "adapters"}


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def contracts() -> dict[str, dict]:
    return {contract["id"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}


def rooms(app: str) -> set[str]:
    folder = ROOT / app
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return packages | {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_top_level_holds_only_the_agreed_layout():
    names = {path.relative_to(ROOT).parts[0] for path in tracked_files()}
    assert sorted(name for name in names if not TOP_LEVEL.fullmatch(name)) == []


def test_no_tracked_file_names_a_package_registry():
    naming = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.is_file() and REGISTRIES.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert naming == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_every_package_with_a_hash(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip()]
    pinned = r"[a-z0-9._-]+(\[[a-z0-9, ]+\])?==\S+( ; .+?)?(\s+--hash=sha256:[0-9a-f]{64})+"
    assert lines
    assert [line for line in lines if not re.fullmatch(pinned, line)] == []


def test_development_lock_holds_the_runtime_lock():
    pins = [
        set(
            re.findall(
                r"^[a-z0-9._-]+(?:\[.+?\])?==\S+",
                (ROOT / name).read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        )
        for name in LOCKS[:2]
    ]
    assert pins[0] - pins[1] == set()


def test_every_dependency_and_exemption_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    blocks = re.findall(
        r"^(?:dependencies|dev|ignore) = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE
    )
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(blocks) == 3
    assert [line for line in lines if not re.search(r'^\s+".+",\s+# \S', line)] == []


@pytest.mark.parametrize("app", ["incubator", "village_pilot"])
def test_import_contract_protects_every_room_of(app):
    protected = set(contracts()[f"faces_{app}"]["protected_modules"])
    assert protected == {f"{app}.{room}" for room in rooms(app) - SHARED_ROOMS}


def test_licence_is_the_one_that_the_project_names():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["project"]["license"] == "MulanPSL-2.0"
    assert text.splitlines()[0] == "木兰宽松许可证, 第2版"
    assert "END OF THE TERMS AND CONDITIONS" in text


def recorded_actions() -> set[str]:
    """Return the audit actions that services write as plain strings."""
    found: set[str] = set()
    for path in tracked_files():
        if path.suffix != ".py" or "services" not in path.relative_to(ROOT).as_posix():
            continue
        if "tests" in path.relative_to(ROOT).parts or not path.is_file():
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and called(node) in {"operation", "record"}:
                found |= {one.value for one in outcomes(node.args[0]) if isinstance(one.value, str)}
    return found


def called(node: ast.Call) -> str:
    return getattr(node.func, "id", "") or getattr(node.func, "attr", "")


def outcomes(node: ast.expr) -> list[ast.Constant]:
    """Return the constants that an expression may be."""
    if isinstance(node, ast.IfExp):
        return [*outcomes(node.body), *outcomes(node.orelse)]
    return [node] if isinstance(node, ast.Constant) else []


def test_every_audit_action_has_a_name_for_people():
    """A new one is named with ``add_deeds`` in its app's ``labels/deeds.py``."""
    actions = recorded_actions()
    assert len(actions) > 100
    assert sorted(code for code in actions if deed_label(code) == code) == []


UNEXTRACTED = re.compile(
    r"import [^\n]*\bn?gettext(_lazy)? as (?!_\b)\w+|\bf\"[^\"\n]*\{(_|n?gettext)\("
)


def test_every_translated_text_is_seen_by_the_extractor():
    """xgettext knows ``gettext`` and ``_`` only, and does not look into f-strings."""
    unseen = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.suffix == ".py" and path.is_file() and "tests" not in path.relative_to(ROOT).parts
        if UNEXTRACTED.search(path.read_text(encoding="utf-8"))
    ]
    assert unseen == []


def test_readme_names_every_variable_of_the_environment():
    asked = re.compile(r"""env\.\w+\(\s*"([A-Z_]+)"|os\.environ\.get\("([A-Z_]+)\"""")
    sources = [*ROOT.glob("config/**/*.py"), *ROOT.glob("portal/**/*.py")]
    names = {
        first or second
        for path in sources
        for first, second in asked.findall(path.read_text(encoding="utf-8"))
    }
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "SECRET_KEY" in names
    assert sorted(name for name in names if not re.search(rf"`{name}\b", readme)) == []
