"""Walking the audit chains, and publishing where they end."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, OuterRef, Subquery, TextField
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from portal.domain.audit_chain import (
    HASHED,
    KEEP_AT_LEAST_DAYS,
    NOTHING,
    ChainEnd,
    anchor_text,
    genesis,
    moment,
    row_digest,
    sha256_of,
)
from portal.models import AuditAnchor, AuditCut, AuditEntry, AuditHead
from portal.services.operations import operation

BATCH = 5000
read_json = json.JSONDecoder().raw_decode
AT, DATA, NUMBER, PREVIOUS = map(HASHED.index, ("at", "data", "number", "previous"))
Progress = Callable[[int], None]


@dataclass(frozen=True)
class ChainReport:
    """How a walk ended: ``checked`` entries, and the first broken number with why.

    ``anchor`` is the day of the anchor that the trail contradicts.
    """

    checked: int
    broken: int | None = None
    problem: str = ""
    anchor: date | None = None


class BrokenChain(Exception):
    """Ends a walk: this entry is not what it was."""

    def __init__(self, number: int, problem: str, anchor: date | None = None) -> None:
        super().__init__(number, problem, anchor)
        self.number, self.problem, self.anchor = number, problem, anchor


@dataclass
class Walk:
    """A walk under way: where it stands in each chain, and which anchors it must meet."""

    heads: dict[int, ChainEnd]
    ends: dict[int, ChainEnd]
    marks: dict[int, list[tuple[date, ChainEnd]]] = field(default_factory=dict)
    checked: int = 0

    def start_behind(self, cuts: list[ChainEnd]) -> None:
        """Begin behind what was removed, which an anchor must have named."""
        for cut in cuts:
            if cut not in [end for _on, end in self.marks.get(cut.number, ())]:
                raise BrokenChain(cut.number, "cut")
            self.ends[cut.chain] = cut
        removed = {cut.chain: cut.number for cut in cuts}
        for number, marks in list(self.marks.items()):
            if number <= removed.get(marks[0][1].chain, 0):
                del self.marks[number]

    def step(self, chain: int, digest: str, values: Sequence[Any]) -> None:
        """Hold one entry against the one before it in its chain; skip what is newer than heads.

        ``values`` are those of ``HASHED``, as they came from the database.
        """
        number: int = values[NUMBER]
        if chain not in self.heads:
            raise BrokenChain(number, "head")
        if number > self.heads[chain].number:
            return
        before = self.ends[chain]
        if values[PREVIOUS] != before.digest:
            raise BrokenChain(number, "link")
        if digest_of(values) != digest:
            raise BrokenChain(number, "digest")
        here = self.ends[chain] = ChainEnd(chain, number, before.length + 1, digest)
        self.checked += 1
        for on, end in self.marks.pop(number, ()):
            if end != here:
                raise BrokenChain(number, "anchor", on)

    def finish(self) -> None:
        """Hold where the walk ended against the heads and the anchors that it did not meet."""
        for chain, head in self.heads.items():
            if self.ends[chain] != head:
                raise BrokenChain(self.ends[chain].number + 1, "head")
        for number, marks in sorted(self.marks.items()):
            raise BrokenChain(number, "anchor", marks[0][0])


def verify_chain(
    progress: Progress | None = None, *, roots: Mapping[date, str] | None = None
) -> ChainReport:
    """Recompute every digest from the first entry; memory is bounded by one batch.

    Goes by the heads as they are when it begins, so that others may go on writing.
    ``roots`` are anchors' roots that somebody noted elsewhere. Problems: ``link`` (the entry
    does not follow the one before it: one was removed), ``digest`` (it was changed), ``head``
    (entries were cut off or added at an end), ``anchor`` (it is not what was published),
    ``root`` (an anchor is not what was published), ``cut`` (removed without an anchor).
    """
    walk = Walk(heads={}, ends={})
    try:
        walk.marks = anchor_marks(roots or {})
        walk.heads = chain_ends()
        walk.ends = {chain: ChainEnd(chain, 0, 0, genesis(chain)) for chain in walk.heads}
        walk.start_behind([cut.end for cut in AuditCut.objects.order_by("number")])
        for batch in batches():
            for chain, digest, *values in batch:
                walk.step(chain, digest, values)
            if progress:
                progress(walk.checked)
        walk.finish()
        refuse_strays()
    except BrokenChain as broken:
        return ChainReport(walk.checked, broken.number, broken.problem, broken.anchor)
    return ChainReport(walk.checked)


def batches() -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows of (chain, digest, *HASHED) in the order of their numbers.

    Data and, on SQLite, the time come as the text that is stored: Django's conversions cost
    as much as the rest of the walk.
    """
    at = Cast("at", TextField()) if connection.vendor == "sqlite" else F("at")
    stored = {"at": at, "data": Cast("data", TextField())}
    columns = [F(name) if name not in stored else stored[name] for name in HASHED]
    entries = AuditEntry.objects.order_by("number").values_list("partition", "digest", *columns)
    last = 0
    while batch := list(entries.filter(number__gt=last)[:BATCH]):
        yield batch
        last = batch[-1][2 + NUMBER]


def digest_of(values: Sequence[Any]) -> str:
    """Return the digest of stored values; nothing has it where one is no value of its column."""
    row = list(values)
    try:
        row[AT] = stored_moment(row[AT])
        row[DATA], end = read_json(row[DATA])
        return row_digest(row) if end == len(values[DATA]) else ""
    except (TypeError, ValueError):
        return ""


def stored_moment(at: datetime | str) -> str:
    """Return the ``moment`` that a column holds; SQLite's text is in UTC."""
    if isinstance(at, datetime):
        return moment(at)
    return datetime.fromisoformat(at).isoformat(timespec="microseconds") + "+00:00"


def chain_ends() -> dict[int, ChainEnd]:
    """Return where every chain ends, as of one moment (one query)."""
    rows = AuditHead.objects.values_list("id", "number", "length", "digest")
    return {row[0]: ChainEnd(*row) for row in rows}


def refuse_strays() -> None:
    """Raise for an entry beyond the end of its chain, as of one moment (one query)."""
    head = AuditHead.objects.filter(id=OuterRef("partition")).values("number")
    strays = AuditEntry.objects.filter(number__gt=Coalesce(Subquery(head), 0)).order_by("number")
    number = strays.values_list("number", flat=True).first()
    if number is not None:
        raise BrokenChain(number, "head")


def anchor_marks(roots: Mapping[date, str]) -> dict[int, list[tuple[date, ChainEnd]]]:
    """Return what anchors say about entries, by number; raise where an anchor was changed."""
    marks: dict[int, list[tuple[date, ChainEnd]]] = {}
    previous, unseen = NOTHING, dict(roots)
    for anchor in AuditAnchor.objects.order_by("on"):
        ends = anchor.ends
        if (
            anchor.previous != previous
            or anchor.root != sha256_of(anchor.text)
            or anchor.root != unseen.pop(anchor.on, anchor.root)
        ):
            raise BrokenChain(max((end.number for end in ends), default=0), "root", anchor.on)
        previous = anchor.root
        for end in ends:
            marks.setdefault(end.number, []).append((anchor.on, end))
    for on in unseen:
        raise BrokenChain(0, "root", on)
    return marks


def publish_anchor(*, now: datetime) -> AuditAnchor:
    """Publish where the chains end, once a day; return the day's anchor. Audited.

    The anchor names the root of the one before it, so that none can be left out later.
    """
    today = timezone.localdate(now)
    if published := AuditAnchor.objects.filter(on=today).first():
        return published
    with operation("audit.anchor", actor=None, now=now, on=today.isoformat()) as opened:
        last = AuditAnchor.objects.order_by("-on").first()
        previous = last.root if last else NOTHING
        ends = chain_ends().values()
        text = anchor_text(on=today, at=now, ends=ends, previous=previous)
        anchor = AuditAnchor.objects.create(
            on=today,
            at=now,
            entries=sum(end.length for end in ends),
            text=text,
            previous=previous,
            root=sha256_of(text),
        )
        opened.record("audit.anchored", root=anchor.root)
    return anchor


def due_anchors(now: datetime) -> list[AuditAnchor]:
    """Return the anchors behind which entries are older than ``AUDIT_KEEP_DAYS``, oldest first.

    Nothing is due where that is 0; six months are kept whatever it says.
    """
    days: int = settings.AUDIT_KEEP_DAYS
    if not days:
        return []
    limit = now - timedelta(days=max(days, KEEP_AT_LEAST_DAYS))
    last_cut = AuditCut.objects.order_by("-number").values_list("number", flat=True).first() or 0
    due = AuditAnchor.objects.filter(at__lt=limit).order_by("on")
    return [anchor for anchor in due if any(end.number > last_cut for end in anchor.ends)]


def prune_audit(*, now: datetime) -> int:
    """Remove the entries behind every anchor that is due; return how many. Audited.

    A day's entries go in one transaction each; the cut that it leaves is where the chain is
    walked from, and the database lets nothing go that no cut names or that is younger.
    """
    return sum(cut_at(anchor, now=now) for anchor in due_anchors(now))


def cut_at(anchor: AuditAnchor, *, now: datetime) -> int:
    """Remove the entries that an anchor covers; return how many."""
    removed = 0
    with operation("audit.cut", actor=None, now=now, anchor=anchor.on.isoformat()):
        for end in anchor.ends:
            _cut, created = AuditCut.objects.get_or_create(
                chain=end.chain,
                number=end.number,
                defaults={"length": end.length, "digest": end.digest, "at": now},
            )
            if created:
                old = AuditEntry.objects.filter(partition=end.chain, number__lte=end.number)
                removed += old.delete()[0]
    return removed
