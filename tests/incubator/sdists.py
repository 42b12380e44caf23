"""Source distributions for tests, with a build backend of their own: nothing is downloaded."""

import gzip
import io
import tarfile
from collections.abc import Mapping

NAME, VERSION = "hy-src", "1.2.0"
FOLDER = "hy_src-1.2.0"
FILE = f"{FOLDER}.tar.gz"
BACKEND = """\
import zipfile
FOLDER = "hy_src-1.2.0.dist-info"
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "hy_src-1.2.0-py3-none-any.whl"
    parts = {
        "hy_src.py": open("hy_src.py").read(),
        f"{FOLDER}/METADATA": "Metadata-Version: 2.1\\nName: hy-src\\nVersion: 1.2.0\\n",
        f"{FOLDER}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{path},,\\n" for path in [*parts, f"{FOLDER}/RECORD"])
    with zipfile.ZipFile(f"{directory}/{name}", "w") as archive:
        for path, text in {**parts, f"{FOLDER}/RECORD": record}.items():
            archive.writestr(path, text)
    return name
"""
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PKG_INFO = """\
Metadata-Version: 2.2
Name: hy-src
Version: 1.2.0
Summary: Built from source
Requires-Python: >=3.9
Requires-Dist: hy-uscc-check>=1
"""


def parts() -> dict[str, bytes]:
    """Return the members of a good source distribution, by path in its folder."""
    texts = {
        "PKG-INFO": PKG_INFO, "pyproject.toml": PYPROJECT, "backend.py": BACKEND,
        "hy_src.py": "ANSWER = 42\n",
    }  # fmt: skip
    return {path: text.encode() for path, text in texts.items()}


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """Return a member of an archive, whatever it may be."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def packed(
    members: Mapping[str, bytes] | None = None,
    *more: tuple[tarfile.TarInfo, bytes],
    folder: str = FOLDER,
) -> bytes:
    """Return an archive of ``members`` in ``folder``, and of ``more`` as they are."""
    target = io.BytesIO()
    given = parts() if members is None else members
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for info, data in [*(member(f"{folder}/{path}", given[path]) for path in given), *more]:
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


def zeros(count: int) -> bytes:
    """Return a bomb: so many zeros, packed tight, where a file's bytes should be."""
    info = tarfile.TarInfo(f"{FOLDER}/big.bin")
    info.size = count
    target = io.BytesIO()
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=9) as zipped:
        zipped.write(info.tobuf())
        for _mebibyte in range(count // 2**20):
            zipped.write(bytes(2**20))
    return target.getvalue()
