"""The machine check of an application: checks kept as data with the form, and their result.

It only suggests. Which facts a check may look at: ``application_form.fact_types``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from incubator.domain.application_form import place_of
from portal.domain.predicates import Context, Predicate, comparisons, evaluate, explain

Outcome = Literal["pass", "discretionary", "fail"]
ORDER: Final[tuple[Outcome, ...]] = ("fail", "discretionary", "pass")
WORDS: Final = ("title", "title_en", "reason", "reason_en")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: where on the form, with the words that it had then.

    ``got`` is what was there and ``wanted`` the value that the check asks for; words and choices
    of the firm are left out, so that a result holds nothing personal. ``passed_in`` is the number
    of the earlier application in which a person let it through, where that still stands.
    """

    key: str
    answer: str
    outcome: Outcome
    got: float | None
    wanted: object
    title: str
    title_en: str
    reason: str
    reason_en: str
    passed_in: str = ""


@dataclass(frozen=True, slots=True)
class Screening:
    """The check's result: a suggestion and its reasons, in the order of the checks."""

    suggestion: Outcome
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> tuple[Finding, ...]:
        """The checks that hold."""
        return tuple(finding for finding in self.findings if finding.outcome == "pass")

    @property
    def open(self) -> tuple[Finding, ...]:
        """The checks that do not hold."""
        return tuple(finding for finding in self.findings if finding.outcome != "pass")

    def as_data(self) -> dict[str, Any]:
        """Return the result as JSON that ``screening_of`` reads back."""
        return {
            "suggestion": self.suggestion,
            "findings": [asdict(finding) for finding in self.findings],
        }


def screening_of(data: Mapping[str, Any]) -> Screening:
    """Return a stored result.

    >>> screening_of({"suggestion": "pass", "findings": []}).open
    ()
    """
    return Screening(data["suggestion"], tuple(Finding(**one) for one in data["findings"]))


def screen(facts: Mapping[str, object], checks: Sequence[Mapping[str, Any]]) -> Screening:
    """Apply the checks: ``fail`` if one that weighs so does not hold, else ``discretionary``, else
    ``pass``.
    """
    context = Context(fields=facts)
    return result_of(_finding(check, context) for check in checks)


def result_of(found: Iterable[Finding]) -> Screening:
    """Return the result that findings make together: the worst of them, ``pass`` without any."""
    findings = tuple(found)
    outcomes = {finding.outcome for finding in findings}
    return Screening(next((one for one in ORDER if one in outcomes), "pass"), findings)


def _finding(check: Mapping[str, Any], context: Context) -> Finding:
    outcome: Outcome = "pass" if evaluate(check["when"], context) else check["otherwise"]
    first = explain(check["when"], context)[0]
    counted = isinstance(first.got, int | float) and not isinstance(first.got, bool)
    got = first.got if counted else None
    words = {name: check[name] for name in WORDS}
    return Finding(check["key"], place_of(first.name), outcome, got, first.value, **words)  # type: ignore[arg-type]


def first_value(predicate: Predicate) -> object:
    """Return the value that the first comparison of a predicate asks for.

    >>> first_value({"all": [{"field": "a.count", "op": "ge", "value": 2}]})
    2
    """
    return next(leaf.get("value") for _path, leaf in comparisons(predicate))
