"""Grading 10,000 and 100,000 firms from 1 and 10 million ratings, and the same in other engines.

Each engine runs in a process of its own. ``floor`` is reading the same columns once, measured in
that process just before; ``memory_mb`` is the peak of resident memory above the loaded inputs;
``differs`` is the largest distance of any posterior mean from the kernel's. ``scikit-criteria``
does what it can of the job: a weighted sum of the firms' mean ratings.

    python -m tests.benchmarks.scoring [--counties 10 100] [--engines kernel pandas ...]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from certification.domain.kernel import grade_county, grade_firms
from tests.benchmarks import _scoring_engines as engines
from tests.certification.domain import ratings as random_ratings

FIRMS, DELIVERIES, ASSESSORS, VILLAGES = 1000, 10, 40, 146
SEASON = random_ratings.season(ASSESSORS)
ENGINES = ("kernel", "kernel_whole", "pandas", "polars", "duckdb", "scikit-criteria")
TABLES = ("ratings", "deliveries", "firms")
RUNS = 5
TARGETS = {"cpu_ratio": 80, "memory_mb": 400}
"""At 10 million ratings (../shared/design/4-scoring.md, section 9.5). Of the kernel's one thread
CPU seconds are what an idle core would take; ``ratio`` is wall time, whatever else ran."""


def main() -> None:
    """Print a line for each engine and size, then how the kernel's cost grew."""
    options = argparse.ArgumentParser()
    options.add_argument("--counties", type=int, nargs="+", default=[10, 100])
    options.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.folder:
        print(json.dumps(run_engine(given.engines[0], given.folder, given.counties[0])))
        return
    found = [measure(number, given.engines) for number in given.counties]
    if len(found) > 1 and "kernel" in given.engines:
        print(json.dumps(growth(found[0]["kernel"], found[-1]["kernel"])))


def measure(counties: int, names: list[str]) -> dict[str, dict]:
    """Write the inputs, run every engine on them in a fresh process and print its line."""
    lines = {}
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder), counties)
        for name in names:
            command = [sys.executable, "-m", "tests.benchmarks.scoring", "--folder", folder]
            command += ["--counties", str(counties), "--engines", name]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            lines[name] = json.loads(answer.stdout.splitlines()[-1])
            print(json.dumps(lines[name]), flush=True)
    return lines


def write_inputs(folder: Path, counties: int) -> None:
    """One .npy file per column, codes local to each county, and where each county ends."""
    parts = [
        random_ratings.county(
            seed, firms=FIRMS, deliveries=DELIVERIES, villages=VILLAGES, assessors=ASSESSORS
        )
        for seed in range(counties)
    ]
    for name, frames in zip(TABLES, zip(*parts, strict=True), strict=True):
        np.save(folder / f"{name}.ends.npy", np.cumsum([len(frame) for frame in frames]))
        whole = pd.concat(frames, ignore_index=True)
        for column in whole.columns.drop("firm") if name == "firms" else whole:
            np.save(folder / f"{name}.{column}.npy", whole[column].to_numpy())


def read_inputs(folder: Path) -> tuple[dict[str, dict], dict[str, np.ndarray]]:
    """Columns by table, and the ends of the counties in each."""
    columns = {
        name: {
            path.name.split(".")[1]: np.load(path)
            for path in sorted(folder.glob(f"{name}.*.npy"))
            if ".ends." not in path.name
        }
        for name in TABLES
    }
    return columns, {name: np.load(folder / f"{name}.ends.npy") for name in TABLES}


def run_engine(name: str, folder: Path, counties: int) -> dict:
    """Load the inputs for one engine, then time it: the line of this process."""
    columns, ends = read_inputs(folder)
    inputs = [one for table in ("ratings", "deliveries") for one in columns[table].values()]
    floor = best(lambda: read_once(inputs), times=25)[0]
    job = JOBS[name](columns, ends)
    base = reset_peak()
    seconds, cpu, answer = best(job)
    line = {
        "name": f"scoring_{name.replace('-', '_')}_{len(columns['ratings']['rating']) / 1e6:.2f}M",
        "value": round(seconds, 4),
        "unit": "s",
        "floor": round(floor, 5),
        "ratio": round(seconds / floor, 1),
        "cpu": round(cpu, 4),
        "cpu_ratio": round(cpu / floor, 1),
        "memory_mb": round((peak_bytes() - base) / 1e6, 1),
        "load": round(os.getloadavg()[0], 1),
    }
    if name == "kernel":
        np.save(folder / "expected.npy", answer)
    if name != "scikit-criteria" and (folder / "expected.npy").exists():
        expected = np.load(folder / "expected.npy")
        line["differs"] = float(np.abs(answer - expected).max())
    if name == "kernel" and counties >= 100:
        line["reached"] = all(line[key] <= most for key, most in TARGETS.items())
    return line


def best(deed, times=RUNS):
    """Shortest wall time of several runs with its CPU seconds, and the last answer."""
    spent, answer = [], None
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = deed()
        spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    return (*min(spent), answer)


def read_once(inputs: list[np.ndarray]) -> int:
    """Read every byte once, eight at a time."""
    return sum(
        int(one.view(np.uint8)[: one.nbytes // 8 * 8].view(np.int64).max()) for one in inputs
    )


def reset_peak() -> int:
    """Start a new peak of resident memory; return where it starts, in bytes."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    """Peak of resident memory in bytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


# --- the jobs: each takes the inputs and returns a call without arguments


def kernel(columns, ends):
    """One county at a time."""
    cuts = {name: np.concatenate([[0], ends[name]]) for name in TABLES}
    parts = [
        [frame(columns[name], slice(cuts[name][c], cuts[name][c + 1])) for name in TABLES]
        for c in range(len(ends["firms"]))
    ]
    return lambda: np.concatenate([means(grade_county(*part, SEASON)) for part in parts])


def means(grades):
    """The posterior means, by which engines are compared."""
    return grades["mean"].to_numpy()


def frame(columns, rows=slice(None)):
    """A table over the same memory; firms are named by their place."""
    table = pd.DataFrame({name: values[rows] for name, values in columns.items()}, copy=False)
    if "innovation" in table:
        table.insert(0, "firm", np.arange(len(table)))
    return table


def run_through(columns, ends):
    """Codes that run through all counties instead of starting at 0 in each."""
    tables = {name: frame(columns[name]) for name in TABLES}
    sizes = {name: np.diff(ends[name], prepend=0) for name in TABLES}
    for table, column, of in (
        ("ratings", "delivery", "deliveries"),
        ("deliveries", "firm", "firms"),
    ):
        before = np.repeat(ends[of] - sizes[of], sizes[table]).astype(np.int32)
        tables[table][column] = tables[table][column].to_numpy() + before
    return tables


def kernel_whole(columns, ends):
    """The same kernel on the whole table at once."""
    tables = run_through(columns, ends)
    return lambda: means(grade_county(*tables.values(), SEASON))


def other(engine, load=None):
    """The job of another engine, with its own tables loaded beforehand."""

    def prepare(columns, ends):
        tables = run_through(columns, ends)
        if load:
            load(tables)
            tables |= {"ratings": None, "deliveries": None}
        names, innovation = tables["firms"]["firm"], tables["firms"]["innovation"].to_numpy()
        return lambda: means(grade_firms(names, innovation, engine(tables, SEASON), SEASON))

    return prepare


def scikit_criteria(columns, ends):
    """A weighted sum over the firms' mean ratings is what it can do; gaps it refuses."""
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel

    tables = run_through(columns, ends)
    ratings, criteria = tables["ratings"], len(SEASON.criteria)
    firm = tables["deliveries"]["firm"].to_numpy()[ratings["delivery"]]
    place = firm * criteria + ratings["criterion"].to_numpy()
    size = len(tables["firms"]) * criteria
    number = np.bincount(place, minlength=size)
    total = np.bincount(place, weights=ratings["rating"].to_numpy() / 4, minlength=size)
    matrix = (total / np.maximum(number, 1)).reshape(-1, criteria)
    weights = [one.weight for one in SEASON.criteria]
    decision = skcriteria.mkdm(matrix, [max] * len(weights), weights=weights)
    return lambda: WeightedSumModel().evaluate(decision).e_.score


def growth(small: dict, large: dict) -> dict:
    """How the kernel's cost per rating grew: 1 is linear."""
    times = float(large["name"].split("_")[-1][:-1]) / float(small["name"].split("_")[-1][:-1])
    return {
        "name": "scoring_kernel_10M_over_1M",
        "value": round(large["cpu"] / small["cpu"], 2),
        "unit": "times the CPU seconds",
        "floor": round(times, 2),
        "ratio": round(large["cpu"] / small["cpu"] / times, 2),
    }


JOBS = {
    "kernel": kernel,
    "kernel_whole": kernel_whole,
    "pandas": other(engines.with_pandas),
    "polars": other(engines.with_polars, engines.load_polars),
    "duckdb": other(engines.with_duckdb, lambda tables: engines.load_duckdb(tables, SEASON)),
    "scikit-criteria": scikit_criteria,
}

if __name__ == "__main__":
    main()
