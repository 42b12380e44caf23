"""A frozen form: typed questions as plain data, what an answer must be, what a machine may see.

A form is JSON: ``title``, ``intro``, ``opens_on``, ``closes_on``, ``questions`` and ``checks``,
texts in Chinese and, under ``…_en``, in English. A question is a dict with ``type``, ``key``,
``title``, ``help``, ``purpose``, ``klass`` (class of data), ``required`` and what its type adds
(``limit``; ``unit, least, most, decimals``; ``options``). A ``section`` is a heading between them.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from portal.domain.predicates import Problem, comparisons, lint, parse_date
from portal.domain.texts import is_blank, seen

Content = Mapping[str, Any]
Question = Mapping[str, Any]

SECTION: Final = "section"
TEXTS: Final = frozenset({"short", "long"})
CHOICES: Final = frozenset({"choice", "choices"})
TYPES: Final = (*sorted(TEXTS), "number", "date", *sorted(CHOICES), "yes_no", "file")
CLASSES: Final = ("public", "internal", "personal")
"""Classes of data that a question may ask for; nothing sensitive is collected."""
OUTCOMES: Final = ("fail", "discretionary")
"""What a check says when it does not hold."""

DECLARED: Final = "truth_declared"
CODE: Final = "organisation"
"""Where the firm's registered code stands on the form."""
RESERVED: Final = frozenset(
    {DECLARED, CODE, "version", "deed", "csrfmiddlewaretoken", "taken_over"}
)
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
SHORT_LIMIT: Final = 200
LONG_LIMIT: Final = 5000
FIGURE_LIMIT: Final = 10**15
MOST_QUESTIONS: Final = 60
_PHONE: Final = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")


def questions_of(content: Content) -> list[Question]:
    """Return the questions in order, without the headings."""
    return [one for one in content["questions"] if one["type"] != SECTION]


def question_of(content: Content, key: str) -> Question | None:
    """Return the question called ``key``, if the form asks it."""
    return next((one for one in questions_of(content) if one["key"] == key), None)


def answer_keys(content: Content) -> tuple[str, ...]:
    """Return the keys of the questions that are answered in words, numbers or by choosing."""
    return tuple(one["key"] for one in questions_of(content) if one["type"] != "file")


def file_keys(content: Content) -> tuple[str, ...]:
    """Return the keys of the questions that take files."""
    return tuple(one["key"] for one in questions_of(content) if one["type"] == "file")


def personal_keys(content: Content) -> frozenset[str]:
    """Return the keys of the questions that ask for personal data.

    >>> sorted(personal_keys({"questions": [{"type": "short", "key": "a", "klass": "personal"}]}))
    ['a']
    """
    return frozenset(one["key"] for one in questions_of(content) if one["klass"] == "personal")


def form_digest(content: Content) -> str:
    """Return the SHA-256 (hex) of a form's canonical JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def characters(text: object) -> int:
    """Count the characters of an answer that can be seen, white space left out.

    >>> characters(" 村务 公开 ")
    4
    """
    return len(seen(str(text or "")))


def is_phone(text: str) -> bool:
    """Return whether ``text`` can be a telephone number of 7 to 20 digits, spaces and hyphens.

    >>> is_phone("0971-243 1234"), is_phone("call me")
    (True, False)
    """
    return _PHONE.fullmatch(text.strip()) is not None


def is_empty(value: object) -> bool:
    """Return whether a question is not answered; “no” and 0 are answers.

    >>> is_empty(" "), is_empty([]), is_empty(False), is_empty(0)
    (True, True, False, False)
    """
    return value is None or value == [] or (isinstance(value, str) and is_blank(value))


def answer_fault(question: Question, value: object) -> str:
    """Return the code of what is wrong with an answer, “” when it can be kept."""
    if is_empty(value):
        return ""
    return _FAULTS[question["type"]](question, value)


def _text_fault(question: Question, value: object) -> str:
    if not isinstance(value, str):
        return "answer_bad"
    return "answer_long" if len(value) > question["limit"] else ""


def _number_fault(question: Question, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:  # noqa: PLR0124 - NaN, of any size
        return "answer_bad"
    least, most = bounds_of(question)
    return "" if least <= value <= most else "answer_bounds"


def bounds_of(question: Question) -> tuple[float, float]:
    """Return the least and the most that a number may be.

    >>> bounds_of({"least": 0, "most": None})
    (0, 1000000000000000)
    """
    least, most = question["least"], question["most"]
    return -FIGURE_LIMIT if least is None else least, FIGURE_LIMIT if most is None else most


def _date_fault(_question: Question, value: object) -> str:
    return "" if isinstance(value, str) and parse_date(value) is not None else "answer_bad"


def _choice_fault(question: Question, value: object) -> str:
    return "" if value in codes_of(question) else "answer_bad"


def _choices_fault(question: Question, value: object) -> str:
    if not isinstance(value, list):
        return "answer_bad"
    codes = codes_of(question)
    known = all(one in codes for one in value)
    return "" if known and len(set(value)) == len(value) else "answer_bad"


_FAULTS: Final[Mapping[str, Callable[[Question, object], str]]] = {
    "short": _text_fault,
    "long": _text_fault,
    "number": _number_fault,
    "date": _date_fault,
    "choice": _choice_fault,
    "choices": _choices_fault,
    "yes_no": lambda _question, value: "" if isinstance(value, bool) else "answer_bad",
    "file": lambda _question, _value: "answer_bad",
}


def codes_of(question: Question) -> list[str]:
    """Return the codes among which a question lets one choose."""
    return [option["code"] for option in question["options"]]


def option_of(question: Question, code: str) -> Mapping[str, Any]:
    """Return an option by its code."""
    return next(option for option in question["options"] if option["code"] == code)


def missing(content: Content, answers: Mapping[str, Any], files: Mapping[str, int]) -> list[str]:
    """Return the keys of the required questions that are not answered; ``files`` counts by key."""
    return [
        one["key"]
        for one in questions_of(content)
        if one["required"] and not is_answered(one, answers, files)
    ]


def is_answered(question: Question, answers: Mapping[str, Any], files: Mapping[str, int]) -> bool:
    """Return whether a question has an answer, or a file where it asks for one."""
    key = question["key"]
    return bool(files.get(key)) if question["type"] == "file" else not is_empty(answers.get(key))


# --- what checks may look at


def fact_types(content: Content) -> dict[str, dict[str, Any]]:
    """Return the facts that a form gives its checks, each with its type, as ``lint`` takes them.

    A text gives its words, ``KEY.characters``, ``KEY.has_digits`` and ``KEY.is_phone``; a choice
    of several gives its codes and ``KEY.count``; a file ``KEY.count``; anything else its value.
    """
    types: dict[str, dict[str, Any]] = {
        f"{CODE}.valid": {"type": "boolean"},
        DECLARED: {"type": "boolean"},
    }
    for question in questions_of(content):
        types |= {f"{question['key']}{part}": kind for part, kind in _fact_types(question)}
    return types


def _fact_types(question: Question) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = question["type"]
    if kind in TEXTS:
        yield "", {"type": "text"}
        yield ".characters", {"type": "integer"}
        yield ".has_digits", {"type": "boolean"}
        yield ".is_phone", {"type": "boolean"}
    elif kind == "file":
        yield ".count", {"type": "integer"}
    elif kind in CHOICES:
        several = kind == "choices"
        yield "", {"type": "codes" if several else "code", "codes": codes_of(question)}
        if several:
            yield ".count", {"type": "integer"}
    else:
        yield "", {"type": {"yes_no": "boolean"}.get(kind, kind)}


def facts_of(
    content: Content,
    answers: Mapping[str, Any],
    files: Mapping[str, int],
    *,
    code_valid: bool,
    declared: bool,
) -> dict[str, object]:
    """Return what checks look at; what is not answered is unknown, counts and lengths are 0."""
    facts: dict[str, object] = {f"{CODE}.valid": code_valid, DECLARED: declared}
    for question in questions_of(content):
        key = question["key"]
        value = files.get(key, 0) if question["type"] == "file" else answers.get(key)
        facts |= {f"{key}{part}": fact for part, fact in _facts(question, value)}
    return facts


def _facts(question: Question, value: Any) -> Iterator[tuple[str, object]]:
    kind = question["type"]
    if kind == "file":
        yield ".count", value
        return
    if kind in TEXTS:
        text = str(value or "")
        yield ".characters", characters(text)
        yield ".has_digits", any(character.isdigit() for character in text)
        yield ".is_phone", is_phone(text)
    elif kind == "choices":
        yield ".count", len(value or ())
    if not is_empty(value):
        yield "", date.fromisoformat(value) if kind == "date" else value


def place_of(fact: str) -> str:
    """Return the part of the form that a fact comes from.

    >>> place_of("case_text.characters"), place_of("truth_declared")
    ('case_text', 'truth_declared')
    """
    return fact.partition(".")[0]


# --- before a form is published


def form_problems(content: Content) -> tuple[Problem, ...]:
    """Return every fault of a form that is to be published, with its path and what to write."""
    return tuple(_form_problems(content))


def _form_problems(content: Content) -> Iterator[Problem]:
    asked = questions_of(content)
    if not asked:
        yield Problem.of("questions", "write at least one question")
    if len(asked) > MOST_QUESTIONS:
        yield Problem.of("questions", "write at most %(most)s questions", most=MOST_QUESTIONS)
    if content["closes_on"] and content["closes_on"] < content["opens_on"]:
        yield Problem.of("closes_on", "write a day on or after opens_on, or none")
    keys = [one["key"] for one in asked]
    yield from _key_problems("questions", keys)
    for one in asked:
        yield from _question_problems(one, f"questions[{one['key']}]")
    types = fact_types(content)
    yield from _key_problems("checks", [one["key"] for one in content["checks"]])
    for check in content["checks"]:
        yield from _check_problems(check, f"checks[{check['key']}]", types)


def _key_problems(path: str, keys: Sequence[str]) -> Iterator[Problem]:
    for number, key in enumerate(keys):
        here = f"{path}[{key or number}].key"
        if not KEY.fullmatch(key):
            yield Problem.of(here, "write small letters, digits and _, a letter first, at most 40")
        elif path == "questions" and key in RESERVED:
            yield Problem.of(here, "%(key)s has a meaning of its own; write another key", key=key)
        elif key in keys[:number]:
            yield Problem.of(here, "%(key)s stands twice; write another key", key=key)


def _question_problems(question: Question, path: str) -> Iterator[Problem]:
    if question["klass"] not in CLASSES:
        yield Problem.of(f"{path}.klass", "write one of %(known)s", known=", ".join(CLASSES))
    if is_blank(question["purpose"]):
        yield Problem.of(f"{path}.purpose", "write why this is asked")
    least, most = question.get("least"), question.get("most")
    if least is not None and most is not None and least > most:
        yield Problem.of(f"{path}.most", "write a number that is not below least")
    if question["type"] in CHOICES:
        yield from _key_problems(f"{path}.options", codes_of(question))


def _check_problems(
    check: Mapping[str, Any], path: str, types: Mapping[str, Mapping[str, Any]]
) -> Iterator[Problem]:
    if check["otherwise"] not in OUTCOMES:
        yield Problem.of(f"{path}.otherwise", "write one of %(known)s", known=", ".join(OUTCOMES))
    for name in ("reason", "reason_en"):
        if is_blank(check[name]):
            yield Problem.of(f"{path}.{name}", "write what the firm is told when it does not hold")
    if check["when"] is None:
        yield Problem.of(f"{path}.when", 'write JSON such as {"field": "name", "op": "known"}')
    else:
        yield from lint(check["when"], f"{path}.when", fields=types, nodes=frozenset())


def named(content: Content) -> dict[str, Any]:
    """Return a sound form whose nameless checks bear the name of the question they look at."""
    checks = [one if one["title"] else {**one, **_name(one, content)} for one in content["checks"]]
    return {**content, "checks": checks}


def _name(check: Mapping[str, Any], content: Content) -> dict[str, str]:
    first = next(leaf for _path, leaf in comparisons(check["when"]))
    asked = question_of(content, place_of(first["field"]))
    if asked is None:
        return {"title": check["key"], "title_en": check["key"]}
    return {"title": asked["title"], "title_en": asked["title_en"]}
