"""Reading and measuring a case log, against reading the same bytes into memory once."""

import io
import json
import time
from datetime import UTC, datetime

from config.demo.case_logs import Pace, case_log
from village_pilot.domain.event_log import measure, read_case_log

CASES = 5000
STEPS = ("申请", "核实", "公示", "审批", "出具", "登记")


def best(deed, times: int = 3) -> float:
    """Return the shortest of ``times`` runs in seconds."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        deed()
        spent.append(time.perf_counter() - started)
    return min(spent)


def main() -> None:
    """Print the line."""
    content = case_log(
        steps=STEPS,
        pace=Pace(CASES, 6, 0.3),
        start=datetime(2026, 1, 5, 9, tzinfo=UTC),
        seed="benchmark",
    )
    value = best(lambda: measure(read_case_log(io.BytesIO(content), filename="log.csv")))
    floor = best(lambda: io.BytesIO(content).read().decode("utf-8-sig").splitlines())
    line = {"name": "case_log", "value": round(value, 4), "unit": "s", "floor": round(floor, 4)}
    print(json.dumps(line | {"ratio": round(value / floor, 1)}))


if __name__ == "__main__":
    main()
