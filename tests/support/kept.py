"""What a costly fixture writes, kept by the test process and written again in one go.

The first test that wants the fixture pays for its services; the others get the same rows. Only
where the database holds what the template holds and nothing more: elsewhere keys might clash.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from django.apps import apps
from django.db import connection, models, transaction

Row = tuple[object, ...]
Rows = dict[type[models.Model], dict[object, Row]]
T = TypeVar("T")


@dataclass
class Kept:
    """Rows added and rows changed, by model; PostgreSQL's counters; what the builder returned."""

    added: Rows
    changed: Rows
    sequences: dict[str, int]
    result: object


@dataclass
class Keeper:
    """The kept states of one test process."""

    pristine: list[int] = field(default_factory=list)
    states: dict[Hashable, Kept] = field(default_factory=dict)

    def start(self) -> None:
        """Remember how many rows the template has."""
        self.pristine = counts()
        self.states.clear()

    def get(self, key: Hashable, build: Callable[[], T]) -> T:
        """Return what ``build`` returns (nothing that lives in the database), written anew.

        Nothing is kept where other rows were written before.
        """
        if not self.pristine or counts() != self.pristine:
            return build()
        if key not in self.states:
            before = rows()
            result = build()
            self.states[key] = Kept(*difference(before, rows()), sequences(), result)
        else:
            write(self.states[key])
        return cast("T", self.states[key].result)


def tables() -> list[type[models.Model]]:
    """Return the models with a table of their own."""
    every = apps.get_models(include_auto_created=True)
    return [m for m in every if m._meta.managed and not m._meta.proxy]


def columns(model: type[models.Model]) -> list[str]:
    """Return the names of a table's columns that can be written, its key first."""
    fields = [f for f in model._meta.local_concrete_fields if not f.generated]
    return [f.column for f in sorted(fields, key=lambda f: not f.primary_key)]


def quoted(names: list[str]) -> str:
    """Return a list of names as SQL."""
    return ", ".join(connection.ops.quote_name(name) for name in names)


def counts() -> list[int]:
    """Return the number of rows of every table, in one query."""
    names = [connection.ops.quote_name(model._meta.db_table) for model in tables()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in names))
        return list(cursor.fetchone())


def rows() -> Rows:
    """Return every row of every table by its key."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in tables():
            cursor.execute(f"SELECT {quoted(columns(model))} FROM {quoted([model._meta.db_table])}")
            found[model] = {row[0]: tuple(row) for row in cursor.fetchall()}
    return found


def difference(before: Rows, after: Rows) -> tuple[Rows, Rows]:
    """Return the rows that were added and those that were changed; none may be gone."""
    added: Rows = defaultdict(dict)
    changed: Rows = defaultdict(dict)
    for model, now in after.items():
        then = before[model]
        if then.keys() - now.keys():
            raise ValueError(f"{model._meta.label} lost rows: such a state cannot be kept")
        for key, row in now.items():
            if key not in then:
                added[model][key] = row
            elif row != then[key]:
                changed[model][key] = row
    return dict(added), dict(changed)


def write(kept: Kept) -> None:
    """Write a state's rows; foreign keys are looked at when all are there."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model, new in kept.added.items():
            names = columns(model)
            marks = ", ".join(["%s"] * len(names))
            table = quoted([model._meta.db_table])
            cursor.executemany(
                f"INSERT INTO {table} ({quoted(names)}) VALUES ({marks})", list(new.values())
            )
        for model, new in kept.changed.items():
            key, *names = columns(model)
            values = ", ".join(f"{quoted([name])} = %s" for name in names)
            cursor.executemany(
                f"UPDATE {quoted([model._meta.db_table])} SET {values} WHERE {quoted([key])} = %s",
                [(*row[1:], row[0]) for row in new.values()],
            )
    move_sequences(kept.sequences)


def sequences() -> dict[str, int]:
    """Return how far PostgreSQL's counters have counted, those of the audit trail included."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(sequencename), last_value FROM pg_sequences "
            "WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        return dict(cursor.fetchall())


def move_sequences(wanted: dict[str, int]) -> None:
    """Set PostgreSQL's counters at least so far; they never go back, as in a rolled-back test."""
    reached = sequences()
    behind = {name: last for name, last in wanted.items() if reached.get(name, 0) < last}
    with connection.cursor() as cursor:
        for name, last in behind.items():
            cursor.execute("SELECT setval(%s, %s)", [name, last])


KEEPER = Keeper()
