"""bandit against its baseline: ``python -m tests.support.bandit check|update``.

The baseline names what was reviewed, without line numbers: moving code is no finding, a second
line of the same kind in the same file is one.
"""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

BASELINE = Path(__file__).with_name("bandit_baseline.json")
PLACES = ("portal", "incubator", "village_pilot", "certification", "config", "manage.py")
Finding = tuple[str, str, str]


def findings() -> dict[str, list[Finding]]:
    """Return what bandit finds now: place with line → (file, test, words)."""
    command = [sys.executable, "-m", "bandit", "-q", "-c", "pyproject.toml", "-f", "json", "-r"]
    run = subprocess.run([*command, *PLACES], capture_output=True, text=True, check=False)
    report = json.loads(run.stdout)
    if report["errors"]:
        sys.exit(f"bandit could not read {report['errors']}")
    found: dict[str, list[Finding]] = {}
    for row in report["results"]:
        where = f"{row['filename']}:{row['line_number']}"
        found.setdefault(where, []).append((row["filename"], row["test_id"], row["issue_text"]))
    return found


def counted(found: dict[str, list[Finding]]) -> Counter[Finding]:
    return Counter(finding for rows in found.values() for finding in rows)


def known() -> Counter[Finding]:
    rows = json.loads(BASELINE.read_text(encoding="utf-8"))
    return Counter({(row["file"], row["test"], row["text"]): row["times"] for row in rows})


def check() -> int:
    """Print what is new, and what the baseline names although it is gone."""
    found = findings()
    now, before = counted(found), known()
    for where, rows in found.items():
        for finding in rows:
            if finding in now - before:
                print(f"{where}: {finding[1]} {finding[2]}")
    for file, test, text in before - now:
        print(f"{file}: {test} {text} – gone: take it out of {BASELINE.name}")
    return int(bool(now - before))


def update() -> int:
    """Write the baseline anew."""
    rows = [
        {"file": file, "test": test, "text": text, "times": times}
        for (file, test, text), times in sorted(counted(findings()).items())
    ]
    BASELINE.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit({"check": check, "update": update}[sys.argv[1]]())
