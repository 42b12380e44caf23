"""Mutation testing: ``python -m tests.support.mutants MODULE.py... [-- TESTS...]``.

One process collects and runs the tests once, noting which test runs which line. Every mutant is
then a fork of it: the child grafts the changed code onto the functions that are already imported
and runs the tests that reach the changed line, quickest first, until one fails. Nothing is
imported or collected anew, so that a mutant costs what its first failing test costs.

What survives is written to ``var/mutants/MODULE.txt``; with ``--again`` as the first argument only
what stands there is tried once more (after more tests were written, or with other tests), and the
other mutants count as killed. ``BUDGET`` seconds of tests are run for a
mutant; what lies beyond them is too slow to be a guard that anybody waits for.
"""

import ast
import functools
import gc
import inspect
import itertools
import os
import select
import signal
import sys
import time
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol
from _pytest.warnings import catch_warnings_for_item

BUDGET = 8.0
OUT = Path("var/mutants")
TESTS = ("tests/certification/domain", "tests/portal/domain")
QUICK = 0.05

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.MatMult: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}


@dataclass(frozen=True)
class Site:
    """One change: where, what, on which lines it can be reached, and how to make it."""

    line: int
    words: str
    kind: str
    lines: frozenset[int]
    at_import: bool
    apply: Callable[[], None]

    def __str__(self) -> str:
        """What was changed, on one line of the list of survivors."""
        return f"{self.kind}: {self.words}"


class Finder:
    """Every change that could be made to a module."""

    def __init__(self, tree: ast.Module) -> None:
        self.sites: list[Site] = []
        self.functions = 0
        self.makers = 0  # functions around us that make functions: some were called at import
        self.statement: ast.stmt | None = None
        self.visit_all(tree, "body")

    # --- walking

    def visit_all(self, owner: ast.AST, field: str) -> None:
        value = getattr(owner, field, None)
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    self.visit(child, functools.partial(_put, value, index))
        elif isinstance(value, ast.AST):
            self.visit(value, functools.partial(setattr, owner, field))

    def visit(self, node: ast.AST, put: Callable[[ast.AST], None]) -> None:
        before = self.statement
        if isinstance(node, ast.stmt):
            if _is_docstring(node) or isinstance(node, ast.Import | ast.ImportFrom):
                return
            self.statement = node
        if not isinstance(node, ast.Raise):
            getattr(self, f"see_{type(node).__name__.lower()}", self.see_nothing)(node, put)
        function = isinstance(node, ast.FunctionDef)
        maker = function and any(isinstance(one, ast.FunctionDef) for one in _below(node))
        for field in node._fields:
            if field not in {"annotation", "returns", "decorator_list", "ctx", "type_params"}:
                inside = function and field != "args"  # defaults are worked out at import
                self.functions += inside
                self.makers += maker
                self.visit_all(node, field)
                self.functions -= inside
                self.makers -= maker
        self.statement = before

    def add(self, node: ast.AST, kind: str, words: str, apply: Callable[[], None]) -> None:
        end = node.end_lineno if isinstance(node, ast.expr) else node.lineno
        lines = {*range(node.lineno, (end or node.lineno) + 1)}
        if self.statement is not None:
            lines.add(self.statement.lineno)
        at_import = self.functions == 0 or self.makers > 0
        self.sites.append(Site(node.lineno, words, kind, frozenset(lines), at_import, apply))

    # --- changes

    def see_nothing(self, node: ast.AST, put: Callable[[ast.AST], None]) -> None:
        """Leave a kind of node that has no change of its own."""

    def see_compare(self, node: ast.Compare, put: Callable[[ast.AST], None]) -> None:
        for at, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                words = f"{type(op).__name__} -> {other.__name__}: {ast.unparse(node)}"
                kind = "boundary" if {type(op), other} in EDGES else "comparison"
                self.add(node, kind, words, functools.partial(_put, node.ops, at, other()))

    def see_binop(self, node: ast.BinOp, put: Callable[[ast.AST], None]) -> None:
        other = OPERATORS.get(type(node.op))
        if other is not None:
            words = f"{type(node.op).__name__} -> {other.__name__}: {ast.unparse(node)}"
            self.add(node, "arithmetic", words, functools.partial(setattr, node, "op", other()))

    see_augassign = see_binop

    def see_boolop(self, node: ast.BoolOp, put: Callable[[ast.AST], None]) -> None:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        words = f"and <-> or: {ast.unparse(node)}"
        self.add(node, "boolean", words, functools.partial(setattr, node, "op", other))

    def see_unaryop(self, node: ast.UnaryOp, put: Callable[[ast.AST], None]) -> None:
        if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
            words = f"sign or not removed: {ast.unparse(node)}"
            kind = "not" if isinstance(node.op, ast.Not) else "arithmetic"
            self.add(node, kind, words, functools.partial(put, node.operand))

    def see_constant(self, node: ast.Constant, put: Callable[[ast.AST], None]) -> None:
        value = node.value
        if isinstance(value, bool):
            others: tuple[Any, ...] = (not value,)
        elif isinstance(value, int):
            others = (value + 1,)
        elif isinstance(value, float):
            others = (value * 1.01 + 0.001 if abs(value) > 1e-3 else value * 1000 + 1e-3,)
        elif isinstance(value, str):
            others = (f"{value}~",)
        else:
            others = ()
        for other in others:
            words = f"{value!r} -> {other!r}: {self.near()}"
            change = functools.partial(put, ast.copy_location(ast.Constant(other), node))
            self.add(node, "constant", words, change)

    def see_joinedstr(self, node: ast.JoinedStr, put: Callable[[ast.AST], None]) -> None:
        words = f"text emptied: {ast.unparse(node)}"
        change = functools.partial(put, ast.copy_location(ast.Constant(""), node))
        self.add(node, "constant", words, change)
        node._fields = ()  # its parts are not changed one by one

    def see_return(self, node: ast.Return, put: Callable[[ast.AST], None]) -> None:
        if node.value is not None and not _is_none(node.value):
            words = f"return None: {ast.unparse(node)}"
            change = functools.partial(setattr, node, "value", ast.Constant(None))
            self.add(node, "return", words, change)

    def see_assign(self, node: ast.Assign, put: Callable[[ast.AST], None]) -> None:
        if self.functions and not _is_none(node.value):
            words = f"None assigned: {ast.unparse(node)}"
            change = functools.partial(setattr, node, "value", ast.Constant(None))
            self.add(node, "assignment", words, change)

    def see_expr(self, node: ast.Expr, put: Callable[[ast.AST], None]) -> None:
        words = f"statement removed: {ast.unparse(node)}"
        change = functools.partial(put, ast.copy_location(ast.Pass(), node))
        self.add(node, "statement", words, change)

    def see_if(self, node: ast.If | ast.IfExp, put: Callable[[ast.AST], None]) -> None:
        words = f"condition turned: if {ast.unparse(node.test)}"
        turned = ast.UnaryOp(ast.Not(), node.test)
        self.add(node.test, "condition", words, functools.partial(setattr, node, "test", turned))

    see_ifexp = see_if

    def see_comprehension(self, node: ast.comprehension, put: Callable[[ast.AST], None]) -> None:
        for at, test in enumerate(node.ifs):
            words = f"filter dropped: if {ast.unparse(test)}"
            change = functools.partial(_put, node.ifs, at, ast.Constant(value=True))
            self.add(test, "condition", words, change)

    def see_name(self, node: ast.Name, put: Callable[[ast.AST], None]) -> None:
        if isinstance(node.ctx, ast.Load) and node.id in NAMES:
            words = f"{node.id} -> {NAMES[node.id]}: {self.near()}"
            change = functools.partial(setattr, node, "id", NAMES[node.id])
            self.add(node, "comparison", words, change)

    def see_continue(self, node: ast.Continue, put: Callable[[ast.AST], None]) -> None:
        change = functools.partial(put, ast.copy_location(ast.Break(), node))
        self.add(node, "statement", "continue -> break", change)

    def see_break(self, node: ast.Break, put: Callable[[ast.AST], None]) -> None:
        change = functools.partial(put, ast.copy_location(ast.Continue(), node))
        self.add(node, "statement", "break -> continue", change)

    def near(self) -> str:
        """Return the first line of the statement at hand."""
        return ast.unparse(self.statement).splitlines()[0][:90] if self.statement else ""


EDGES = ({ast.Lt, ast.LtE}, {ast.Gt, ast.GtE})


def _put(values: list[Any], index: int, new: Any) -> None:
    values[index] = new


def _is_docstring(node: ast.stmt) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text and isinstance(node.value.value, str)


def _below(node: ast.AST) -> Iterator[ast.AST]:
    return itertools.islice(ast.walk(node), 1, None)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


# --- grafting


def graft_module(module: types.ModuleType, tree: ast.Module, *, at_import: bool) -> None:
    """Run the changed source aside and put its code onto what everybody has imported."""
    aside = {"__name__": module.__name__, "__package__": module.__package__}
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), aside)  # noqa: S102
    for name, new in aside.items():
        old = vars(module).get(name)
        own = getattr(new, "__module__", None) == module.__name__
        if isinstance(new, type) and own and isinstance(old, type):
            graft_class(old, new)
        elif own and isinstance(inspect.unwrap(new) if callable(new) else new, types.FunctionType):
            graft_function(old, new)
        elif at_import and not name.startswith("__") and not isinstance(new, types.ModuleType):
            replace_everywhere(name, old, new)


def graft_class(old: type, new: type) -> None:
    for name, value in vars(new).items():
        here = vars(old).get(name)
        if isinstance(value, property) and isinstance(here, property):
            graft_function(here.fget, value.fget)
        elif isinstance(value, classmethod | staticmethod):
            graft_function(here.__func__, value.__func__)  # type: ignore[union-attr]
        elif isinstance(value, types.FunctionType):
            if value.__closure__ and value.__code__.co_freevars != ("__class__",):
                setattr(old, name, value)
            else:
                graft_function(here, value)
        elif not name.startswith("__"):
            setattr(old, name, value) if not _is_slot(value) else None


def _is_slot(value: Any) -> bool:
    return isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType)


def graft_function(old: Any, new: Any) -> None:
    if hasattr(old, "cache_clear"):
        old.cache_clear()
    target, source = inspect.unwrap(old), inspect.unwrap(new)
    target.__code__ = source.__code__
    target.__defaults__, target.__kwdefaults__ = source.__defaults__, source.__kwdefaults__


def replace_everywhere(name: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if getattr(module, "__dict__", {}).get(name) is old:
            setattr(module, name, new)


# --- running


class Kept(dict[str, Any]):
    """Names that a doctest sees; it clears them when done, and is to run again in every fork."""

    def clear(self) -> None:
        """Keep them."""


class Runner:
    """A pytest plugin that takes the place of the test loop."""

    def __init__(self, paths: list[str], *, again: bool) -> None:
        self.paths = paths
        self.again = again

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Let hypothesis stop at the first failure instead of looking for the smallest one."""
        import hypothesis

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        steady = hypothesis.settings.get_profile("steady")
        hypothesis.settings.register_profile(
            "mutants", steady, phases=phases, report_multiple_bugs=False
        )
        hypothesis.settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            if isinstance(item, pytest.DoctestItem):
                item.dtest.globs = Kept(item.dtest.globs)
        reach = Reach(session.items, [str(Path(path).resolve()) for path in self.paths])
        totals: Counter[str] = Counter()
        gc.freeze()  # what is shared with the children is not touched there
        reach.drop_unsteady(self.paths)
        OUT.mkdir(parents=True, exist_ok=True)
        for path in self.paths:
            totals += run_module(path, reach, again=self.again)
        say("all", totals)
        return True


def run_test(item: pytest.Item, following: pytest.Item | None) -> list[pytest.TestReport]:
    """Run one test; warnings are errors where the settings say so."""
    with catch_warnings_for_item(item.config, item.ihook, "runtest", item):
        return runtestprotocol(item, log=False, nextitem=following)


class Reach:
    """Which tests run which line, the CPU seconds of each, from one run under coverage."""

    def __init__(self, items: list[pytest.Item], files: list[str]) -> None:
        measured = coverage.Coverage(data_file=None, branch=False, include=files, config_file=False)
        self.seconds: dict[str, float] = {}
        self.killed: Counter[str] = Counter()  # by test: who killed before is asked first
        self.items = {item.nodeid: item for item in items}
        failed = []
        measured.start()
        for item, following in zip(items, [*items[1:], None], strict=True):
            measured.switch_context(item.nodeid)
            begun = time.process_time()
            reports = run_test(item, following)
            self.seconds[item.nodeid] = time.process_time() - begun
            failed += [item.nodeid for report in reports if report.failed]
        measured.stop()
        if failed:
            sys.exit(f"fails without any mutant: {failed}")
        data = measured.get_data()
        self.by_line = {path: data.contexts_by_lineno(path) for path in files}
        print(f"{len(items)} tests, {sum(self.seconds.values()):.0f} s under coverage", flush=True)

    def tests_of(self, path: str, site: Site) -> list[pytest.Item]:
        """The tests that reach a site: quickest first, then who killed most, then the nearest."""
        lines = self.by_line[str(Path(path).resolve())]
        names = {name for line in site.lines for name in lines.get(line, ())}
        if site.at_import or not names:  # what ran while tests were collected has no test's name
            names |= {name for some in lines.values() for name in some}
            names |= {item.nodeid for item in self.items.values() if imports(item, path)}
        names &= set(self.items)
        own = f"test_{Path(path).name}"

        def place(name: str) -> tuple[float, int, int, str]:
            item = self.items[name]
            near = 2 * (item.path.name == own) + imports(item, path)
            return self.seconds[name] // QUICK, -self.killed[name], -near, name

        chosen: list[pytest.Item] = []
        spent = 0.0
        for name in sorted(names, key=place):
            spent += self.seconds[name]
            if chosen and spent > BUDGET:
                break
            chosen.append(self.items[name])
        return chosen

    def drop_unsteady(self, paths: list[str]) -> None:
        """Leave out tests that fail or hang in a fork without any mutant: they would kill all.

        A pool of threads, for one, has no thread in a child. The modules are grafted as they are.
        """
        left = list(self.items)
        while left:
            passed = passed_in_fork([self.items[name] for name in left], self.allowed, paths)
            if passed < len(left):
                print(f"left out, no fork runs it: {left[passed]}", flush=True)
                del self.items[left[passed]]
            left = left[passed + 1 :]

    def allowed(self, chosen: list[pytest.Item]) -> float:
        """Seconds by the clock: the machine may be busy."""
        return 20.0 + 20.0 * sum(self.seconds[item.nodeid] for item in chosen)


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def imports(item: pytest.Item, path: str) -> bool:
    """Whether the file of a test names a module: a table may be read without any line of it."""
    return module_at(path).__name__ in text_of(item.path)


def module_at(path: str) -> types.ModuleType:
    return sys.modules[path.removesuffix(".py").replace("/", ".")]


def survivors_of(name: str) -> list[str]:
    """What survived the last run, without the word for how."""
    lines = (OUT / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line.replace(": unreached: ", ": survived: ", 1) for line in lines]


def run_module(path: str, reach: Reach, *, again: bool) -> Counter[str]:
    """Try every mutant of one module; write what survives."""
    module = module_at(path)
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    sites = sorted(Finder(tree).sites, key=lambda site: site.line)
    counted: Counter[str] = Counter()
    if again:
        left = survivors_of(module.__name__)
        every = len(sites)
        sites = [site for site in sites if f"{path}:{site.line}: survived: {site}" in left]
        counted["killed"] = every - len(sites)
    begun = time.perf_counter()
    with (OUT / f"{module.__name__}.txt").open("w", encoding="utf-8") as survivors:
        for site in sites:
            chosen = reach.tests_of(path, site)
            ended, killer = try_mutant(module, tree, site, chosen, reach.allowed(chosen))
            counted[ended] += 1
            reach.killed[killer] += 1
            if ended in {"survived", "unreached"}:
                line = f"{path}:{site.line}: {ended}: {site}"
                print(line, file=survivors, flush=True)  # a run may be cut short
    say(path, counted, time.perf_counter() - begun)
    return counted


def say(path: str, counted: Counter[str], seconds: float | None = None) -> None:
    found = counted.total()
    dead = counted["killed"] + counted["timeout"]
    took = "" if seconds is None else f"  {seconds:.0f} s"
    print(f"{path}: {found} mutants, {dead} killed ({counted['timeout']} by time), ", end="")
    print(f"{found - dead} survived ({counted['unreached']} unreached){took}", flush=True)


def try_mutant(
    module: types.ModuleType,
    tree: ast.Module,
    site: Site,
    chosen: list[pytest.Item],
    allowed: float,
) -> tuple[str, str]:
    """Fork, change, test: killed, timeout, survived or unreached; and the test that killed."""
    if not chosen:
        return "unreached", ""
    child = os.fork()
    if child == 0:
        os._exit(judge(module, tree, site, chosen))
    end = time.monotonic() + allowed
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            killer = chosen[code - 1].nodeid if 0 < code <= len(chosen) else ""
            return ("killed" if code else "survived"), killer
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout", ""


def passed_in_fork(
    items: list[pytest.Item], allowed: Callable[[list[pytest.Item]], float], paths: list[str]
) -> int:
    """How many tests pass in a child, one after the other, before one fails or hangs."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for path in paths:
                tree = ast.parse(Path(path).read_text(encoding="utf-8"))
                graft_module(module_at(path), tree, at_import=False)
            for item, following in zip(items, [*items[1:], None], strict=True):
                reports = run_test(item, following)
                if any(report.failed for report in reports):
                    break
                os.write(write, b".")
        finally:
            os._exit(0)
    os.close(write)
    passed = 0
    while passed < len(items):
        ready, _, _ = select.select([read], [], [], allowed([items[passed]]))
        if not ready or not os.read(read, 1):
            break
        passed += 1
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    return passed


def judge(module: types.ModuleType, tree: ast.Module, site: Site, chosen: list[pytest.Item]) -> int:
    """In the child: 0 if every test passes with the change, else the place of the one that fails.

    255 stands for any beyond what an exit code can say, and for what breaks otherwise.
    """
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    gc.disable()
    try:
        site.apply()
        graft_module(module, tree, at_import=site.at_import)
        for place, item in enumerate(chosen, start=1):
            following = chosen[place] if place < len(chosen) else None
            if any(report.failed for report in run_test(item, following)):
                return min(place, 255)
    except BaseException:  # noqa: BLE001 - whatever breaks, the mutant is seen
        return 255
    return 0


def main(arguments: list[str]) -> int:
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    again = arguments[:1] == ["--again"]
    paths, tests = arguments[again:cut], arguments[cut + 1 :] or list(TESTS)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", "-p", "no:cov"]
    return int(pytest.main([*quiet, *tests, *paths], plugins=[Runner(paths, again=again)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
