"""What passed stays passed: what nobody checks again when a firm applies again.

An earlier application that went from screening to the reviewers passed the screening: its answers
were found complete, and checks of the machine that did not hold were let through by a person. That
holds in the next application for as long as question, answer and check are the same to the letter.
It gives reviewers nothing: they score every application anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from incubator.domain.answer_changes import Sent
from incubator.domain.application_form import (
    Question,
    is_empty,
    place_of,
    question_of,
    questions_of,
)
from incubator.domain.machine_check import Finding, Screening, result_of
from portal.domain.predicates import comparisons

NO_DOUBT: Final = frozenset({"capability_not_shown"})
"""Reasons of a refusal that leave the answers undisputed; after any other nothing stands."""


@dataclass(frozen=True)
class Passed:
    """What passed the screening: in which application, what was sent last and what was found."""

    number: str
    sent: Sent
    findings: tuple[Finding, ...]


def is_doubted(reason_codes: Iterable[str]) -> bool:
    """Return whether a refusal calls the answers themselves into question.

    >>> is_doubted([]), is_doubted(["capability_not_shown"]), is_doubted(["false_statement"])
    (False, False, True)
    """
    return not NO_DOUBT.issuperset(reason_codes)


def standing(passed: Passed, now: Sent) -> frozenset[str]:
    """Return the keys of the answers that stand: given, and unchanged since they passed."""
    return frozenset(
        key
        for key in unchanged(passed, now)
        if not is_empty(_value(question_of(now.content, key) or {}, now))
    )


def unchanged(passed: Passed, now: Sent) -> frozenset[str]:
    """Return the keys of the questions that are asked, and answered or left out, as when passed.

    Files are compared by their bytes, whatever they are called.
    """
    return frozenset(
        one["key"]
        for one in questions_of(now.content)
        if question_of(passed.sent.content, one["key"]) == one
        and _value(one, now) == _value(one, passed.sent)
    )


def _value(question: Question, sent: Sent) -> Any:
    if question["type"] == "file":
        return sorted({digest for digest, _name in sent.files.get(question["key"], ())})
    value = sent.answers.get(question["key"])
    if is_empty(value):
        return None
    return sorted(value) if isinstance(value, list) else value


def keep_passed(result: Screening, passed: Passed, now: Sent) -> Screening:
    """Return the check's result with what was let through before as passed, and where it was.

    Only where the check is the same, found the same, and all that it looks at is unchanged.
    """
    kept = unchanged(passed, now)
    before = {one["key"]: _rule(one) for one in passed.sent.content["checks"]}
    found = {one.key: one.outcome for one in passed.findings}
    rules = {one["key"]: _rule(one) for one in now.content["checks"]}
    return result_of(
        replace(one, outcome="pass", passed_in=passed.number)
        if one.outcome != "pass"
        and before.get(one.key) == rules[one.key]
        and found.get(one.key) == one.outcome
        and places(rules[one.key]["when"]) <= kept
        else one
        for one in result.findings
    )


def _rule(check: Mapping[str, Any]) -> dict[str, Any]:
    return {"when": check["when"], "otherwise": check["otherwise"]}


def places(predicate: Any) -> frozenset[str]:
    """Return the parts of the form that a check looks at.

    >>> sorted(places({"all": [{"field": "a.count", "op": "ge"}, {"field": "b", "op": "known"}]}))
    ['a', 'b']
    """
    return frozenset(place_of(leaf["field"]) for _path, leaf in comparisons(predicate))
