"""What a reviewer is told of a package."""

import pytest

from incubator.domain.package_contents import SHOWN, Member, sdist_contents, wheel_contents

INFO = "hy_one-1.0.dist-info"
DATA = "hy_one-1.0.data"


def wheel(*paths: str, entry_points: str = "") -> dict:
    members = [Member(path, 10) for path in (*paths, f"{INFO}/METADATA")]
    return wheel_contents(members, INFO, entry_points, "hy-one")


def sdist(*paths: str) -> dict:
    return sdist_contents(
        [Member(f"hy_one-1.0/{path}", 10) for path in paths], "hy_one-1.0", "hy-one"
    )


def test_plain_wheel_warns_of_nothing():
    assert wheel("hy_one/__init__.py", "hy_one/x.pth") == {
        "files": 3, "bytes": 30, "tops": ["hy_one"], "more": 0, "warnings": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "warnings"),
    [
        ("hy.pth", {"startup": ["hy.pth"]}),
        ("Hy.PTH", {"startup": ["Hy.PTH"]}),
        (f"{DATA}/purelib/hy.pth", {"startup": ["hy.pth"]}),
        ("sitecustomize.py", {"startup": ["sitecustomize.py"], "others": ["sitecustomize"]}),
        (f"{DATA}/scripts/pip", {"scripts": ["pip"], "commands": ["pip"]}),
        (f"{DATA}/scripts/hy", {"scripts": ["hy"]}),
        (f"{DATA}/data/etc/x", {"outside": [f"{DATA}/data/etc/x"]}),
        (f"{DATA}/headers/x.h", {"outside": [f"{DATA}/headers/x.h"]}),
        ("json/__init__.py", {"python": ["json"]}),
        (f"{DATA}/platlib/json.cpython-311.so", {"python": ["json"]}),
        ("requests.py", {"known": ["requests"]}),
        ("other/__init__.py", {"others": ["other"]}),
        ("README.md", {}),
    ],
)
def test_wheel_warns(path, warnings):
    assert wheel("hy_one/__init__.py", path)["warnings"] == warnings


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        ("[console_scripts]\nhy = hy_one:main\n", {"scripts": ["hy"]}),
        ("[gui_scripts]\nGit = x:y\ngit = x:y\n", {"scripts": ["Git", "git"], "commands": ["git"]}),
        ("[pytest11]\nhy = hy_one\n", {}),
        ("nothing of this kind", {}),
    ],
)
def test_entry_points_are_commands(text, warnings):
    assert wheel("hy_one/__init__.py", entry_points=text)["warnings"] == warnings


@pytest.mark.parametrize(
    ("paths", "warnings"),
    [
        (["src/hy_one/__init__.py", "tests/__init__.py", "pyproject.toml"], {}),
        (["hy_one.py", "setup.py"], {"setup": ["setup.py"]}),
        (["hy_one/__init__.py", "src/hy.pth"], {"startup": ["src/hy.pth"]}),
        (["json/__init__.py"], {"python": ["json"]}),
    ],
)
def test_sdist_warns(paths, warnings):
    assert sdist(*paths)["warnings"] == warnings


def test_names_are_bounded_in_number_and_length():
    found = wheel(*(f"a{number:03}{'x' * 200}.py" for number in range(SHOWN + 5)))
    assert (len(found["tops"]), found["more"], len(found["tops"][0])) == (SHOWN, 5, 80)
    assert len(found["warnings"]["others"]) == SHOWN
