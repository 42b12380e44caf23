"""Names that no shared module may have."""

import re
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from incubator.domain.module import claim_module_name
from incubator.domain.module_names import LOCKED, reserved_as
from portal.domain.lifecycle import Invalid

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Simple", "module_name_index"),
        ("json", "module_name_python"),
        ("Async_IO", ""),
        ("AsyncIO", "module_name_python"),
        ("importlib", "module_name_python"),
        ("__future__", "module_name"),
        ("future", "module_name_python"),
        ("distutils", "module_name_python"),
        ("python", "module_name_python"),
        ("PIP", "module_name_tools"),
        ("setuptools", "module_name_tools"),
        ("Poetry_Core", "module_name_tools"),
        ("Django", "module_name_locked"),
        ("typing.extensions", "module_name_locked"),
        ("hy-uscc-check", ""),
        ("pip-hy", ""),
        ("-hy", "module_name"),
    ],
)
def test_claim_module_name(name, code):
    if not code:
        assert claim_module_name(name) == canonicalize_name(name)
        return
    with pytest.raises(Invalid) as refused:
        claim_module_name(name)
    assert (refused.value.code, refused.value.fields) == (code, {"name": code})


def test_every_locked_package_is_reserved():
    """A package that a lock brings in belongs into ``LOCKED``; one that it drops may stay."""
    lines = [
        line for path in ROOT.glob("requirements*.txt") for line in path.read_text().splitlines()
    ]
    found = [re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines]
    names = {canonicalize_name(match.group()) for match in found if match}
    assert sorted(name for name in names if not reserved_as(name)) == []
    assert {canonicalize_name(name) for name in LOCKED} == LOCKED
