"""Asking for partitions: thousands at once are noted in a few statements, and put on the bus a few at a time.

What was asked for waits in the ledger until there is room (`claim`). So a long backfill never stands before what
matters now, is taken back by a change of the ledger, and loses little when the bus loses its memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, update
from sqlalchemy.orm import Session

from nk_common.datasets import DAILY
from nk_common.datasets.base import WHOLE, PartitionKey
from nk_common.events.stages import Reason
from nk_common.ledger.cancelling import is_cancelled
from nk_common.ledger.models import PartitionRow, PausedRow
from nk_common.ledger.states import UNFINISHED
from nk_common.ledger.transitions import NEW, STATE_BEFORE, RebuildStage, begun, insert_missing

_AT_ONCE = 500
"""Days in one statement."""
_LATER_STAGES = 10
"""So much longer nothing is heard of a partition that Odoo was read for before it is taken for lost."""
_ALWAYS_DERIVED = [d.name for d in DAILY if d.rebuilt == "always"]
_DERIVED_WHEN_PAST = [d.name for d in DAILY if d.rebuilt == "past days"]
_DERIVE = "derive"
_FULL: Reason = "full-refresh"
FOR_GOOD: tuple[Reason, ...] = ("watch", "reconciliation", "catch-up")
"""Nobody takes these back: what they ask for is wrong or missing in the lake."""


def note(
    session: Session,
    keys: Iterable[PartitionKey],
    run_id: str,
    reason: Reason,
    at: datetime,
    rebuild: RebuildStage | None = None,
) -> None:
    """Note that the partitions were asked for at `at`. An older request never undoes a newer one, and a replay
    (`rebuild`) leaves alone what is on its way: what is just being read is newer than what lies in the lake."""
    wanted = or_(PartitionRow.state == NEW, PartitionRow.requested_at < at)
    if rebuild is not None:
        idle = ~PartitionRow.state.in_(UNFINISHED)
        wanted = and_(wanted, idle, or_(PartitionRow.started_at.is_(None), PartitionRow.started_at < at))
    values: dict[str, Any] = {
        "state": "requested", "run_id": _asker(run_id, reason), "reason": _stronger(reason), "requested_at": at,
        "updated_at": at, "attempts": 0, "rebuild": rebuild, "sent_at": None,
    }  # fmt: skip
    for dataset, days in _batches(keys):
        insert_missing(session, dataset, days, at)
        these = and_(PartitionRow.dataset == dataset, PartitionRow.day.in_(days))
        # Locked in one order first, or two askers lock each other out.
        session.execute(select(PartitionRow.day).where(these).order_by(PartitionRow.day).with_for_update())
        session.execute(update(PartitionRow).where(these, wanted).values(values))


def requeue(session: Session, run_id: str, now: datetime, untouched_for: timedelta) -> list[PartitionKey]:
    """Let unfinished partitions that nobody has touched for a while be put on the bus again; the stages after Odoo get
    longer, for they may only be slow, or away with the messages waiting for them.

    What was cleaned is loaded from `clean/`, and replays keep their stage and version: neither needs Odoo. Derived
    partitions are not among them (see `LedgerWriter.begin_derived`), nor is what waits for its turn anyway.
    """
    waits = (PartitionRow.state == "requested") & PartitionRow.sent_at.is_(None)
    early = PartitionRow.state.in_(["requested", "extracting"])
    untouched_since = case((early, now - untouched_for), else_=now - untouched_for * _LATER_STAGES)
    query = select(PartitionRow).where(
        PartitionRow.state.in_(UNFINISHED),
        PartitionRow.updated_at <= untouched_since,
        ~waits,
        func.coalesce(PartitionRow.rebuild, "") != _DERIVE,
    )
    rows = list(session.scalars(query.with_for_update(skip_locked=True)))
    for row in rows:
        row.updated_at, row.sent_at = now, None
        if row.state == "cleaned":
            row.rebuild = row.rebuild or "load"
        elif row.rebuild is None:
            # What was being read when its run was taken back, and broke off, is nobody's any more.
            own = None if is_cancelled(session, row.run_id) else row.run_id
            row.state, row.run_id = "requested", own or run_id
            # A list that is to be read whole still is, and what has changed still goes first.
            row.reason = row.reason if row.reason in (_FULL, "watch") else "catch-up"
            row.requested_at = now
    return [PartitionKey.parse(row.dataset, row.day) for row in rows]


def claim(
    session: Session, today: date, now: datetime, room: int, *, reading: bool = True
) -> list[PartitionRow]:
    """Take what may be put on the bus now, in the order in which to do so, and note that it was.

    At most `room` partitions are on their way at once. The running day, the one before and what is loaded whole need
    no room; then comes what changed in Odoo, then the oldest days. Replays begin here: their version is in the row;
    without `reading` (Odoo is away) they alone are taken.
    """
    waiting = _waiting(today, reading)
    # Yesterday is what the morning asks for, and never the last of a long history.
    urgent = PartitionRow.day.in_([today.isoformat(), (today - timedelta(days=1)).isoformat(), WHOLE])
    first = _rows(session, waiting & urgent, None)
    others = _rows(session, waiting & ~urgent, max(0, room - _under_way(session)))
    for row in (*first, *others):
        if row.rebuild is not None and row.state == "requested":
            _begin_replay(row, now)
        row.sent_at = row.updated_at = now
    return [*first, *others]


def _waits_for_good() -> ColumnElement[bool]:
    return and_(PartitionRow.state == "requested", PartitionRow.reason.in_(FOR_GOOD))


def _asker(run_id: str, reason: Reason) -> ColumnElement[str]:
    """Who asked because something is wrong goes on asking when somebody's run is taken back."""
    if reason in FOR_GOOD:
        return literal(run_id)
    return case((_waits_for_good(), PartitionRow.run_id), else_=run_id)


def _stronger(reason: Reason) -> ColumnElement[str]:
    """A full reading that nobody has begun stays one, whoever else asks meanwhile; so does one that nobody can
    take back."""
    full = and_(PartitionRow.state == "requested", PartitionRow.reason == _FULL)
    if reason == _FULL or reason in FOR_GOOD:
        return case((full, _FULL), else_=reason)
    return case((full, _FULL), (_waits_for_good(), PartitionRow.reason), else_=reason)


def _batches(keys: Iterable[PartitionKey]) -> Iterator[tuple[str, Sequence[str]]]:
    ordered = sorted((key.dataset, key.day_text) for key in keys)
    for dataset, group in groupby(ordered, key=lambda one: one[0]):
        days = [day for _, day in group]
        for start in range(0, len(days), _AT_ONCE):
            yield dataset, days[start : start + _AT_ONCE]


def _waiting(today: date, reading: bool) -> ColumnElement[bool]:
    """Asked for and not on the bus, nor waiting for what it is derived from or for its dataset to be resumed."""
    derived = or_(
        PartitionRow.dataset.in_(_ALWAYS_DERIVED),
        and_(PartitionRow.dataset.in_(_DERIVED_WHEN_PAST), PartitionRow.day < today.isoformat()),
    )
    replay = PartitionRow.rebuild.in_([*STATE_BEFORE]) & PartitionRow.state.in_(UNFINISHED)
    to_read = (PartitionRow.state == "requested") & PartitionRow.rebuild.is_(None) & ~derived
    paused = PartitionRow.dataset.in_(select(PausedRow.dataset))
    return PartitionRow.sent_at.is_(None) & ~paused & (replay | to_read if reading else replay)


def _under_way(session: Session) -> int:
    """Partitions whose messages are on the bus or being handled."""
    rebuild = func.coalesce(PartitionRow.rebuild, "")
    waits = PartitionRow.sent_at.is_(None) & (
        (PartitionRow.state == "requested") | rebuild.in_([*STATE_BEFORE])
    )
    query = select(func.count()).where(PartitionRow.state.in_(UNFINISHED), ~waits, rebuild != _DERIVE)
    return session.scalar(query) or 0


def _rows(session: Session, which: ColumnElement[bool], limit: int | None) -> list[PartitionRow]:
    unchanged = func.coalesce(PartitionRow.reason, "") != "watch"  # false sorts first
    query = (
        select(PartitionRow)
        .where(which)
        .order_by(unchanged, PartitionRow.day, PartitionRow.dataset)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.scalars(query))


def _begin_replay(row: PartitionRow, now: datetime) -> None:
    stage: RebuildStage = "clean" if row.rebuild == "clean" else "load"
    begun(row, STATE_BEFORE[stage], row.run_id or "", now)
