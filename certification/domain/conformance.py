"""Run a folder of scoring vectors: ``python -m certification.domain.conformance DIR``.

A vector is a JSON file with ``id, fn, input, expected, tolerance``; ``expected`` is a subset of
the answer, numbers compare within ``tolerance``, everything else exactly, and
``{"error": "ValueError"}`` means that the call must refuse. ``FUNCTIONS`` maps each ``fn``, the
field's name of a method, to its function here. Prints ``N passed, M failed``; exit 1 on any
failure, and a vector whose ``fn`` is not in the table is a failure.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

from portal.domain.adjudication import adjudicate
from portal.domain.similarity import (
    candidate_probability,
    estimate,
    jaccard,
    minhash,
    shingles,
)

from .agreement import intraclass_correlation, krippendorff_alpha, severity
from .evidence import cap_group_total, decay_weight
from .grading import History, grade
from .grading import as_json as grading_json
from .integrity import benjamini_hochberg, herfindahl, inflation, pair_test
from .posterior import (
    GroupSums,
    Prior,
    acceptance_rate,
    anova_components,
    deliveries_needed,
    joint_threshold,
    shrink,
    wilson_lower,
)
from .robustness import (
    KAPPA,
    Level,
    Reach,
    counterfactual,
    rank_acceptability,
    tier_acceptability,
    two_criteria_probability,
)
from .rubric import parse_rubric
from .scales import weighted_arithmetic_mean, weighted_geometric_mean
from .scoring import as_json, decode_floats, score
from .tiers import DecisionRule, Standing, decide_tier
from .weights import ahp, ahp_group, entropy_weights, topsis

SHIPPED = Path(__file__).resolve().parent.parent / "rubrics"
"""The rubrics of the product, used where the vectors bring none of their own."""

Input = Mapping[str, Any]
Answer = Mapping[str, Any]


def _score_rubric(given: Input) -> Answer:
    as_of = date.fromisoformat(given["as_of"]) if "as_of" in given else None
    return as_json(score(given["rubric"], given["evidence"], as_of))


def _certify(given: Input) -> Answer:
    as_of = date.fromisoformat(given["as_of"])
    history = History(given.get("prev"), given.get("fail_streak", 0))
    found = grade(given["rubric"], given["evidence"], as_of, Prior(**given["prior"]), history)
    innovation = found.result.points.get("innovation")
    return grading_json(found) | {"issues": found.result.issues, "innovation": innovation}


def _wgm(given: Input) -> Answer:
    # published weights may be unscaled points: the product form is prod u^(w / sum w)
    floor = given.get("floor", 0.0)
    return {"value": weighted_geometric_mean(given["u"], given["w"], floor)}


def _wsm(given: Input) -> Answer:
    weights = given["weights"]
    return {"scores": [weighted_arithmetic_mean(row, weights) for row in given["matrix"]]}


def _decay_weight(given: Input) -> Answer:
    return {"w": decay_weight(given["age"], given.get("decay"), given.get("window"))}


def _cap_group_total(given: Input) -> Answer:
    return {"weights": cap_group_total(given["weights"], given["keys"], given["K"])}


def _ahp_group(given: Input) -> Answer:
    found = ahp_group(given["matrices"])
    return asdict(found) | asdict(found.combined) | {"status": found.status}


def _topsis(given: Input) -> Answer:
    norm = given.get("norm", "fixed01")
    types = given.get("types", [1] * len(given["weights"]))
    return {"closeness": topsis(given["matrix"], given["weights"], types, norm)}


def _kripp_alpha(given: Input) -> Answer:
    return {"alpha": krippendorff_alpha(given["data"], given.get("level", "ordinal"))}


def _icc(given: Input) -> Answer:
    found = asdict(intraclass_correlation(given["matrix"]))
    # mean squares are written BMS, coefficients ICC2k
    return {name.upper().replace("K", "k"): value for name, value in found.items()}


def _severity(given: Input) -> Answer:
    ratings = [(str(one), str(other), float(value)) for one, other, value in given["ratings"]]
    kept = {key: given[key] for key in ("min_n", "cap") if key in given}
    return asdict(severity(ratings, given["lam"], **kept))


def _anova_components(given: Input) -> Answer:
    found = anova_components([GroupSums.of(group) for group in given["groups"]])
    return {"status": found.status} | (asdict(found.prior) if found.prior else {})


def _prior(given: Input) -> Prior:
    return Prior(given["mu"], given["sigma2"], given["tau2"])


def _shrink_normal(given: Input) -> Answer:
    found = shrink(given["ybar"], given["n_w"], _prior(given))
    answer = {"mean": found.mean, "var": found.variance, "lower": found.lower()}
    reached = {"prob": found.reaches(given["threshold"])} if "threshold" in given else {}
    return answer | reached


def _shrink_beta(given: Input) -> Answer:
    found = acceptance_rate(given["s_w"], given["n_w"], given["alpha"], given["beta"])
    answer = {"mean": found.mean, "lower": found.lower(), "a": found.a, "b": found.b}
    reached = {"prob": found.reaches(given["threshold"])} if "threshold" in given else {}
    return answer | reached


def _joint_threshold(given: Input) -> Answer:
    keys = ("T", "Qmin", "Imin", "innov", "wq")
    return {"theta": joint_threshold(*(given[key] for key in keys))}


def _deliveries_needed(given: Input) -> Answer:
    prior = _prior(given)
    needed = deliveries_needed(given["ybar"], given["n_w"], prior, given["T"], given["gamma"])
    return {"k": needed}


def _decide_tier(given: Input) -> Answer:
    keys = {"n_items": "items", "n_w": "weight", "prev": "previous", "probs": "probabilities"}
    facts = {keys.get(key, key): value for key, value in given.items()}
    names = {one.name for one in fields(Standing)}
    standing = Standing(**{key: value for key, value in facts.items() if key in names})
    rules = {one.name for one in fields(DecisionRule)} - names
    rule = DecisionRule(**{key: value for key, value in facts.items() if key in rules})
    return asdict(decide_tier(standing, rule))


def _tier_acceptability(given: Input) -> Answer:
    found = tier_acceptability(
        given["u"],
        given["w0"],
        given["thresholds"],
        kappa=given.get("kappa", KAPPA),
        draws=given["M"],
        seed=given.get("seed", 0),
    )
    return {"shares": found}


def _two_criteria_prob(given: Input) -> Answer:
    u1, u2, weight, threshold = (given[key] for key in ("u1", "u2", "w0", "T"))
    kappa = given.get("kappa", KAPPA)
    return {"p": two_criteria_probability(u1, u2, weight, threshold, kappa)}


def _counterfactual(given: Input) -> Answer:
    leaves = [
        Reach(leaf["id"], leaf["points"], tuple(Level(**level) for level in leaf["levels"]))
        for leaf in given["leaves"]
    ]
    return asdict(counterfactual(given["T"], leaves))


def _jaccard(given: Input) -> Answer:
    one, other = shingles(given["a"], given["k"]), shingles(given["b"], given["k"])
    return {"j": jaccard(one, other), "n_a": len(one), "n_b": len(other)}


def _minhash_estimate(given: Input) -> Answer:
    seed = given.get("seed", 0)
    sets = [shingles(given[name], given["k"]) for name in ("a", "b")]
    return {"est": estimate(*(minhash(one, given["n"], seed) for one in sets))}


FUNCTIONS: Mapping[str, Callable[[Input], Answer]] = {
    "score_rubric": _score_rubric,
    "wgm": _wgm,
    "wsm": _wsm,
    "ahp": lambda given: asdict(ahp(given["matrix"])),
    "ahp_group": _ahp_group,
    "entropy_weights": lambda given: asdict(entropy_weights(given["matrix"])),
    "topsis": _topsis,
    "kripp_alpha": _kripp_alpha,
    "icc": _icc,
    "severity": _severity,
    "adjudicate": lambda given: asdict(adjudicate(given["ratings"])),
    "decay_weight": _decay_weight,
    "cap_group_total": _cap_group_total,
    "anova_components": _anova_components,
    "shrink_normal": _shrink_normal,
    "shrink_beta": _shrink_beta,
    "wilson_lower": lambda given: {"lower": wilson_lower(given["s"], given["n"], given["z"])},
    "joint_threshold": _joint_threshold,
    "deliveries_needed": _deliveries_needed,
    "decide_tier": _decide_tier,
    "certify": _certify,
    "tier_acceptability": _tier_acceptability,
    "two_criteria_prob": _two_criteria_prob,
    "rank_acceptability": lambda given: {
        "b": rank_acceptability(given["U"], given["M"], given.get("seed", 0)).shares
    },
    "counterfactual": _counterfactual,
    "hhi": lambda given: {"hhi": herfindahl(given["shares"])},
    "pair_z": lambda given: asdict(pair_test(**given)),
    "bh": lambda given: {"rejected": benjamini_hochberg(given["p"], given["q"])},
    "jaccard": _jaccard,
    "minhash_estimate": _minhash_estimate,
    "lsh_prob": lambda given: {
        "p": candidate_probability(given["s"], given["r"], given["b"]),
    },
    "inflation": lambda given: asdict(inflation(given["ratings"], given["top"])),
}


@dataclass(frozen=True)
class Outcome:
    """What became of one vector; ``detail`` is empty when it passed."""

    id: str
    fn: str
    detail: str = ""
    known: bool = True


def run_vector(vector: Mapping[str, Any], rubrics: Mapping[str, Any]) -> Outcome:
    """Run one vector; ``rubrics`` maps the names that it may use to parsed rubrics."""
    name, fn = vector["id"], vector["fn"]
    if fn not in FUNCTIONS:
        return Outcome(name, fn, "not implemented", known=False)
    given = dict(vector["input"])
    if "rubric" in given and given["rubric"] not in rubrics:
        return Outcome(name, fn, f"no rubric {given['rubric']!r}; put it into ../rubrics")
    if "rubric" in given or "rubric_inline" in given:
        given["rubric"] = given.get("rubric_inline") or rubrics[given["rubric"]]
    got = as_lists(_answer(FUNCTIONS[fn], given))
    faults = differences(vector["expected"], got, vector["tolerance"])
    return Outcome(name, fn, "; ".join(faults))


def _answer(function: Callable[[Input], Answer], given: Input) -> Answer:
    try:
        return function(given)
    except ValueError as error:
        return {"error": "ValueError", "message": str(error)}
    # a vector that breaks the code is a failed vector, not the end of the run
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__, "message": str(error)}


def as_lists(answer: Any) -> Any:
    """The answer with lists for tuples, as JSON would write it."""
    if isinstance(answer, Mapping):
        return {key: as_lists(value) for key, value in answer.items()}
    return [as_lists(one) for one in answer] if isinstance(answer, list | tuple) else answer


def differences(expected: Any, got: Any, tolerance: float, path: str = "") -> list[str]:
    """Where ``got`` departs from ``expected``, each as ``path: expected X, got Y``."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        faults = []
        for key, value in expected.items():
            where = f"{path}.{key}" if path else str(key)
            found = got.get(key, f"nothing ({got.get('message', 'no such key')})")
            faults += differences(value, found, tolerance, where)
        return faults
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        return [
            fault
            for index, (one, other) in pairs
            for fault in differences(one, other, tolerance, f"{path}[{index}]")
        ]
    if _same(expected, got, tolerance):
        return []
    return [f"{path}: expected {expected!r}, got {got!r}"]


def _same(expected: Any, got: Any, tolerance: float) -> bool:
    if _is_number(expected) and _is_number(got):
        # equality first: the distance of two infinities is not a number
        return bool(expected == got or abs(expected - got) <= tolerance)
    return type(expected) is type(got) and bool(expected == got)


def _is_number(one: Any) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool)


def run_folder(folder: Path, only: str = "") -> list[Outcome]:
    """Run every vector of ``folder``; ``only`` keeps those whose file, id or fn starts with it.

    Raises ValueError (RubricError) or OSError for a folder that cannot be read.
    """
    rubrics = load_rubrics(SHIPPED) | load_rubrics(folder.parent / "rubrics")
    outcomes = []
    for path in sorted(folder.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        vector = json.loads(text, object_pairs_hook=decode_floats)
        if any(name.startswith(only) for name in (path.name, vector["id"], vector["fn"])):
            outcomes.append(run_vector(vector, rubrics))
    return outcomes


def load_rubrics(folder: Path) -> dict[str, Any]:
    """The rubrics of a folder by file name without its ending; none where there is no folder."""
    files = sorted(folder.glob("*.json"))
    return {path.stem: parse_rubric(path.read_text(encoding="utf-8")) for path in files}


def report(outcomes: Sequence[Outcome]) -> str:
    """The run in words: failures, what is not implemented, then ``N passed, M failed``."""
    failed = [one for one in outcomes if one.detail]
    lines = [f"FAILED {one.id}: {one.detail}" for one in failed if one.known]
    unknown = Counter(one.fn for one in failed if not one.known)
    lines += [
        f"not implemented: {fn} ({count} vector{'s' if count > 1 else ''})"
        for fn, count in sorted(unknown.items())
    ]
    return "\n".join([*lines, f"{len(outcomes) - len(failed)} passed, {len(failed)} failed"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the folder and print the report. Exit 0, 1 on a failure, 2 with nothing to run."""
    parser = argparse.ArgumentParser(prog="python -m certification.domain.conformance")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--only", default="", metavar="PREFIX", help="file, id or fn starts so")
    options = parser.parse_args(argv)
    try:
        outcomes = run_folder(options.folder, options.only)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{options.folder}: cannot be run: {error}\n")
        return 2
    if not outcomes:
        sys.stderr.write(f"{options.folder}: no vector to run\n")
        return 2
    sys.stdout.write(report(outcomes) + "\n")
    return 1 if any(one.detail for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
