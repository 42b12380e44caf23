"""A real-name objection to one row of a public notice: its way, who handles it, what it needs."""

from typing import Final

from portal.domain.lifecycle import Lifecycle, row
from portal.domain.roles import Role
from portal.domain.texts import is_blank, seen

LIFECYCLE: Final = Lifecycle(
    name="portal.objection",
    states=("lodged", "admissible", "inadmissible", "upheld", "dismissed"),
    transitions=(
        row("accept", "lodged", "admissible", "handler", reason=True),
        row("turn_away", "lodged", "inadmissible", "handler", reason=True),
        row("uphold", "admissible", "upheld", "handler", reason=True),
        row("dismiss", "admissible", "dismissed", "handler", reason=True),
    ),
    final=frozenset({"inadmissible", "upheld", "dismissed"}),
)
OPEN: Final = frozenset({"lodged", "admissible"})
"""States in which the row that was objected to is held."""

HANDLERS: Final[dict[str, Role]] = {
    "admission": Role.STAFF,
    "call_result": Role.STAFF,
    "grades": Role.LEAD,
}
"""Notice's kind → who handles objections to it; an announcement is final and takes none."""

ADMISSIBILITY_DAYS: Final = 3
"""Working days until it is said whether an objection is taken up."""
DECISION_DAYS: Final = 10
"""Working days from then until it is decided."""

LEAST_NAME: Final = 2
NO_NAMES: Final = frozenset(
    {"匿名", "佚名", "无名", "不详", "保密", "某某", "群众", "anonymous", "nobody"}
)
"""What people write who do not want to give their name."""
LONGEST_NAME: Final = 80
TEXT_LIMIT: Final = 4000
REASON_LIMIT: Final = 2000
MOST_FILES: Final = 10


def kinds_of(roles: frozenset[str]) -> frozenset[str]:
    """Return the kinds of notices whose objections somebody with ``roles`` handles.

    >>> sorted(kinds_of(frozenset({"staff", "learner"})))
    ['admission', 'call_result']
    """
    return frozenset(kind for kind, role in HANDLERS.items() if role in roles)


def faults_of(*, real_name: str, grounds: str, evidence: str) -> dict[str, str]:
    """Return by field what an objection lacks: {} when it can be lodged.

    >>> faults_of(real_name="示例居民", grounds="案例不实", evidence=" ")
    {'evidence': 'objection_evidence'}
    """
    faults = {}
    if not is_name(real_name):
        faults["real_name"] = "objection_name"
    if is_blank(grounds):
        faults["grounds"] = "objection_grounds"
    if is_blank(evidence):
        faults["evidence"] = "objection_evidence"
    return faults


def is_name(text: str) -> bool:
    """Return whether a text may be a person's name; whose it is nobody can tell.

    >>> [is_name(text) for text in ("阿卜杜拉·买买提", "李青", "匿名者", "1王")]
    [True, True, False, False]
    """
    name = seen(text).casefold()
    letters = sum(map(str.isalpha, name))
    return letters >= LEAST_NAME and name.removesuffix("者") not in NO_NAMES


def standing(states: frozenset[str]) -> str:
    """Return what objections in these states make of a row: upheld, open or “”.

    >>> standing(frozenset({"dismissed", "lodged"}))
    'open'
    """
    if "upheld" in states:
        return "upheld"
    return "open" if states & OPEN else ""
