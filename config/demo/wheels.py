"""The county's example modules as real wheels, written with the standard library."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from incubator.domain.module import record_hash
from portal.domain import identifiers

PACKAGES = Path(__file__).parent / "packages"
DATA = Path(__file__).parent / "data"

EPOCH = (2026, 1, 1, 0, 0, 0)
"""A fixed time in the archive: the same sources give the same bytes."""

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: {version}
Summary: {summary}
License: MulanPSL-2.0
Requires-Python: {python}
"""
WHEEL = """\
Wheel-Version: 1.0
Generator: hy-portal
Root-Is-Purelib: true
Tag: py3-none-any
"""
USCC_PACKAGE = '''\
"""Check of unified social credit codes (GB 32100-2015)."""

from hy_uscc_check.identifiers import USCC, UsccError, is_valid_uscc, parse_uscc

__all__ = ["USCC", "UsccError", "is_valid_uscc", "parse_uscc"]
'''
USCC_COMMAND = '''\
"""python -m hy_uscc_check CODE [CODE ...]: one line a code; exit 1 when one is wrong."""

import sys

from hy_uscc_check import UsccError, parse_uscc


def verdict(code: str) -> str:
    """Return what is wrong with a code, or "valid"."""
    try:
        parse_uscc(code)
    except UsccError as error:
        return str(error)
    return "valid"


def main(codes: list[str]) -> int:
    """Print a line for every code and return the exit status."""
    verdicts = [verdict(code) for code in codes]
    for code, found in zip(codes, verdicts, strict=True):
        print(f"{code} {found}")
    return int(any(found != "valid" for found in verdicts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''


def build_wheel(
    name: str,
    version: str,
    summary: str,
    sources: Mapping[str, str],
    *,
    python: str = ">=3.11",
) -> bytes:
    """Return a pure Python wheel (PEP 427) of ``sources``: path in the archive → text."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    parts = {path: text.encode() for path, text in sources.items()}
    parts[f"{folder}/METADATA"] = METADATA.format(
        name=name, version=version, summary=summary, python=python
    ).encode()
    parts[f"{folder}/WHEEL"] = WHEEL.encode()
    lines = [f"{path},{record_line(data)}" for path, data in parts.items()]
    parts[f"{folder}/RECORD"] = "\n".join([*lines, f"{folder}/RECORD,,", ""]).encode()
    return zipped(parts)


def record_line(data: bytes) -> str:
    """Return hash and size as RECORD lists them."""
    return f"{record_hash(hashlib.sha256(data).digest())},{len(data)}"


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """Return the parts as an archive whose bytes depend on nothing else."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in parts.items():
            member = zipfile.ZipInfo(path, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return target.getvalue()


def wheel_name(name: str, version: str) -> str:
    """Return the file name of a wheel that ``build_wheel`` makes."""
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def uscc_check_wheel(version: str = "1.0.0") -> bytes:
    """Return the wheel of ``hy-uscc-check``: the portal's own check, for everybody's use."""
    source = Path(identifiers.__file__).read_text(encoding="utf-8")
    return build_wheel(
        "hy-uscc-check",
        version,
        "Check of unified social credit codes (GB 32100-2015)",
        {
            "hy_uscc_check/__init__.py": USCC_PACKAGE,
            "hy_uscc_check/__main__.py": USCC_COMMAND,
            "hy_uscc_check/identifiers.py": source,
        },
    )


def package_sources(name: str) -> dict[str, str]:
    """Return the source files of one of ``packages/``, by their paths in the wheel."""
    return {
        f"{name}/{path.name}": path.read_text(encoding="utf-8")
        for path in sorted((PACKAGES / name).glob("*.py"))
    }


def case_log_wheel(version: str = "1.0.0") -> bytes:
    """Return the wheel of ``hy-case-log``: measures of case logs without dependencies."""
    summary = "Measures of case logs (CSV, XES): throughput, rework, variants"
    return build_wheel("hy-case-log", version, summary, package_sources("hy_case_log"))


def divisions_wheel(version: str = "1.0.0") -> bytes:
    """Return the wheel of ``hy-divisions``: the county's divisions with their lookup."""
    data = (DATA / "huangyuan_divisions.csv").read_text(encoding="utf-8")
    sources = package_sources("hy_divisions") | {"hy_divisions/divisions.csv": data}
    return build_wheel("hy-divisions", version, "Administrative divisions of 湟源县", sources)
