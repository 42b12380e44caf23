"""Every code that a refusal names has words, found in the source: no use case answers with
“this could not be done” alone.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from portal.domain.lifecycle import Refused
from portal.labels import REFUSALS

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "incubator", "village_pilot", "certification", "config")
COMPUTED = {
    ("portal/selectors/archives.py", "package.problem"): "",
    ("portal/services/accounts.py", "' '.join(taken.messages)"): "",
    ("portal/services/objections.py", "f'objection_{word}'"): "objection_open objection_upheld",
    ("incubator/domain/module.py", "f'module_name_{kind}'"): (
        "module_name_index module_name_python module_name_tools module_name_locked"
    ),
    ("incubator/domain/incubation_plan.py", "first.code"): "",
    ("incubator/services/proposals.py", "obstacle"): (
        "proposal_partners_not_asked proposal_consent_missing proposal_partner_declined"
    ),
    ("village_pilot/services/acceptance.py", "next(iter(faults.values()))"): (
        "decision_missing reason_required one_factor second_factor name_mismatch"
    ),
    ("certification/services/rounds.py", "fault"): "hold_reason_required review_reason_required",
}
"""Codes that are put together where they are raised: file and expression → what it may be.

None where they are found elsewhere: kept from an earlier fault, or Django's own words.
"""


def kinds_of(kind: type[Refused]) -> Iterator[type[Refused]]:
    yield kind
    for below in kind.__subclasses__():
        yield from kinds_of(below)


# A subclass with an ``__init__`` of its own that takes no code names its code itself; what is
# wrong with a line of a plan is raised later, by its code.
RAISERS = {kind.__name__: 0 for kind in kinds_of(Refused)} | {"UsageRefused": None, "PlanFault": 0}


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def calls_in(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def argument(call: ast.Call, place: int, name: str = "code") -> ast.expr | None:
    """Return what a call gives at a place or by a name."""
    if place < len(call.args):
        return call.args[place]
    return next((word.value for word in call.keywords if word.arg == name), None)


def helpers(tree: ast.Module) -> dict[str, int]:
    """Return the functions of a module that raise a code which they are given, and its place."""
    found = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = [one.arg for one in function.args.args]
            for call in calls_in(function):
                code = argument(call, 0) if RAISERS.get(name_of(call)) == 0 else None
                if isinstance(code, ast.Name) and code.id in names:
                    found[function.name] = names.index(code.id)
    return found


def literals(code: ast.expr) -> set[str] | None:
    """Return the codes that an expression names outright, or nothing where it computes them."""
    if isinstance(code, ast.Constant):
        return {str(code.value)}
    if isinstance(code, ast.IfExp):
        either, other = literals(code.body), literals(code.orelse)
        return None if either is None or other is None else either | other
    return None


def resolved(code: ast.expr, function: ast.FunctionDef | None) -> list[ast.expr]:
    """Return what a name in a function stands for: what it is set to, or what callers give.

    Nothing for what callers give, since they are looked at; the name itself where it is computed.
    """
    if not isinstance(code, ast.Name) or function is None:
        return [code]
    if code.id in [one.arg for one in function.args.args]:
        return []
    set_to = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == code.id
    ]
    return set_to if set_to and all(map(literals, set_to)) else [code]


def owners(tree: ast.Module) -> dict[ast.AST, ast.FunctionDef]:
    """Return the innermost function of everything that stands in one."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {node: function for function in functions for node in ast.walk(function)}


def module_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def raised() -> Iterator[tuple[str, int, ast.expr]]:
    """Yield (file, line, code as written) of every refusal in the apps."""
    trees = {
        path.relative_to(ROOT): ast.parse(path.read_text())
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
    }
    given = {module_of(path): helpers(tree) for path, tree in trees.items()}
    for path, tree in trees.items():
        places = RAISERS | given[module_of(path)]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                above = given.get(node.module or "", {})
                places |= {name.name: above[name.name] for name in node.names if name.name in above}
        owner = owners(tree)
        for call in calls_in(tree):
            for code in codes_of(call, places):
                for written in resolved(code, owner.get(call)):
                    yield str(path), call.lineno, written


def codes_of(call: ast.Call, places: dict[str, int | None]) -> Iterator[ast.expr]:
    """Yield the code that a call raises, and those of its fields."""
    place = places.get(name_of(call))
    code = None if place is None else argument(call, place)
    if code is not None:
        yield code
    fields = next((word.value for word in call.keywords if word.arg == "fields"), None)
    if name_of(call) in RAISERS and isinstance(fields, ast.Dict):
        yield from fields.values


def test_every_code_that_is_raised_has_words():
    wordless = {
        (path, line, code)
        for path, line, written in raised()
        for code in literals(written) or ()
        if code not in REFUSALS
    }
    assert wordless == set()


def test_codes_that_are_put_together_are_known_and_have_words():
    found = {(path, ast.unparse(code)) for path, _line, code in raised() if not literals(code)}
    assert found == set(COMPUTED)
    assert {code for codes in COMPUTED.values() for code in codes.split()} - set(REFUSALS) == set()


def test_code_is_found_however_it_is_given():
    """The finder sees what a helper is given, a choice of two, and a code by its name."""
    source = """
def wrong(field, code): return Invalid(code, fields={field: code})
raise wrong("day", "past")
raise Invalid("a" if held else "b")
raise Conflict(code="c")
"""
    tree = ast.parse(source)
    assert helpers(tree) == {"wrong": 1}
    given = [argument(call, (RAISERS | helpers(tree))[name_of(call)]) for call in calls_in(tree)]
    assert [literals(code) for code in given if code] == [{"past"}, {"a", "b"}, {"c"}, None]


def test_code_that_a_name_stands_for_is_found():
    source = """
def raise_it(code, held):
    if held:
        raise Conflict(code)
    word = "a" if held else "b"
    raise Conflict(word)
    raise Conflict(other)
"""
    tree = ast.parse(source)
    found = [(call, code) for call in calls_in(tree) for code in codes_of(call, RAISERS)]
    shown = [
        [ast.unparse(one) for one in resolved(code, owners(tree)[call])] for call, code in found
    ]
    assert sorted(shown) == [[], ["'a' if held else 'b'"], ["other"]]
