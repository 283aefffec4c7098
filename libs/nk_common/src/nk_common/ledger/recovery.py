"""What the lake's files say of partitions, learned by a ledger that was lost or is older than the lake.

Only adds and raises: a row that knows a newer version, or that was asked for again since, keeps what it says.
Learning the same again changes nothing.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, InterfaceError
from sqlalchemy.orm import Session

from nk_common.datasets.base import ControlTotals, PartitionKey
from nk_common.errors import LedgerUnavailableError
from nk_common.ledger.models import PartitionRow, RunItemRow, RunRow, WatermarkRow
from nk_common.ledger.states import CANCELLED, UNFINISHED

UNKNOWN_INPUTS = "unknown"
"""What a derived partition was made of, where nobody knows any more: it is derived once more, from the lake."""
RECOVERY_RUN = "ledger-rebuild"
"""Run id of what is made again because its newest reading had not come to its end."""
_BATCH = 500

Again = Literal["odoo", "clean", "load"]
"""How an unfinished partition is finished: read again, or cleaned or loaded again from what the lake holds."""
Outcome = Literal["added", "raised", "unchanged", "again"]
"""What became of a partition; `again` is counted beside the others, for one that now waits to be finished."""
_STATE_OF: Mapping[Again, str] = {"odoo": "requested", "clean": "extracted", "load": "cleaned"}


@dataclass(frozen=True)
class LakeLoaded:
    """What the star schema holds of a partition, whole and of one version."""

    version: int
    run_id: str
    loaded_at: datetime
    as_of: datetime
    totals: ControlTotals
    rejected: int


@dataclass(frozen=True)
class LakePartition:
    """What the files of one partition say.

    `version` is the newest that any layer holds. `loaded` is None where the star schema does not hold it whole.
    `again` says how to finish a reading newer than what is loaded; None where nothing is unfinished.
    `derived`: made from other partitions, not read from Odoo.
    """

    key: PartitionKey
    version: int
    loaded: LakeLoaded | None
    again: Again | None
    derived: bool


class LedgerRecovery:
    """Teaches a ledger what the lake holds. Its tables must be up to date.

    Raises LedgerUnavailableError when the database does not answer or is damaged.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def learn(self, found: Sequence[LakePartition], now: datetime) -> Counter[Outcome]:
        """Add what the ledger does not know, raise what it knows of older versions; how many of each outcome."""
        outcomes: Counter[Outcome] = Counter()
        ordered = sorted(found, key=lambda one: str(one.key))  # in one order, as the extractor locks them
        for start in range(0, len(ordered), _BATCH):
            outcomes.update(self._learn(ordered[start : start + _BATCH], now))
        return outcomes

    def throw_away(self, asked: Mapping[PartitionKey, Again | None], run: RunRow) -> set[PartitionKey]:
        """Note that what was loaded of the partitions is to be thrown away, and how each is made again, as the run that
        is recorded; None: derived once more, from others. Returns those that may be: not those on their way."""
        with self._transaction() as session:
            free = {key for key in sorted(asked, key=str) if _throw_away(session, key, asked[key], run)}
            run.total = sum(asked[key] is not None for key in free)
            session.add(run)
            session.add_all(
                RunItemRow(run_id=run.id, dataset=key.dataset, day=key.day_text)
                for key in free
                if asked[key] is not None
            )
            return free

    def forget(self, keys: Iterable[PartitionKey]) -> set[PartitionKey]:
        """Know nothing more of partitions that are taken out of the lake for good. Returns those that may be: not
        those that are on their way."""
        with self._transaction() as session:
            return {key for key in sorted(keys, key=str) if _forget_one(session, key)}

    def start_watching(self, marks: Mapping[str, datetime]) -> int:
        """Set watermarks that are not there; one that is there stays. Returns how many were set."""
        with self._transaction() as session:
            missing = {name: mark for name, mark in marks.items() if session.get(WatermarkRow, name) is None}
            session.add_all(WatermarkRow(name=name, write_date=mark) for name, mark in missing.items())
        return len(missing)

    def _learn(self, found: Iterable[LakePartition], now: datetime) -> list[Outcome]:
        with self._transaction() as session:
            return [outcome for one in found for outcome in _learn_one(session, one, now)]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except (DatabaseError, InterfaceError) as error:
            raise LedgerUnavailableError(
                "The ledger cannot be written, so not all of it is noted; what was noted before is kept. See that its "
                "database answers (move a damaged SQLite file away), and run the command again."
            ) from error


def moment_of(version: int) -> datetime:
    """When the making of a version began: versions are microseconds since 1970."""
    return datetime.fromtimestamp(version / 1e6, UTC)


def _learn_one(session: Session, found: LakePartition, now: datetime) -> Iterator[Outcome]:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    added = session.execute(
        dialect.insert(PartitionRow)
        .values(dataset=found.key.dataset, day=found.key.day_text, **_new_row(found, now))
        .on_conflict_do_nothing()
        .returning(PartitionRow.day)
    ).first()
    if added is not None:
        yield "added"
        if found.again:
            yield "again"
        return
    row = session.get_one(PartitionRow, (found.key.dataset, found.key.day_text), with_for_update=True)
    learned = [_note_loaded(row, found), _note_version(row, found)]
    yield "raised" if any(learned) else "unchanged"
    # Every reading begins in the ledger, so one that it did not know is of a ledger that is lost.
    if learned[1] and found.again and row.state not in UNFINISHED:
        _set(row, _asked_again(found.again, found.version, now))
        yield "again"


def _forget_one(session: Session, key: PartitionKey) -> bool:
    row = session.get(PartitionRow, (key.dataset, key.day_text), with_for_update=True)
    if row is None:
        return True
    if row.state in UNFINISHED:
        return False
    session.delete(row)
    return True


def _throw_away(session: Session, key: PartitionKey, again: Again | None, run: RunRow) -> bool:
    row = session.get(PartitionRow, (key.dataset, key.day_text), with_for_update=True)
    if row is not None and row.state in UNFINISHED:
        return False
    if again is None:
        if row is not None:
            row.inputs = UNKNOWN_INPUTS
        return True
    if row is None:
        row = PartitionRow(dataset=key.dataset, day=key.day_text, version=0)
        session.add(row)
    _set(row, _asked_again(again, row.version, run.created_at) | {"run_id": run.id, "reason": "backfill"})
    _set(
        row, dict.fromkeys(("loaded_version", "loaded_at", "as_of", *ControlTotals._fields)) | {"rejected": 0}
    )
    row.error = row.error_class = row.error_stage = None
    return True


def _new_row(found: LakePartition, now: datetime) -> dict[str, Any]:
    began = moment_of(found.version)
    row: dict[str, Any] = {
        "state": "loaded", "run_id": found.loaded.run_id if found.loaded else None,
        "requested_at": began, "started_at": began, "updated_at": began,
        "version": found.version, "attempts": 0, "rejected": 0,
    }  # fmt: skip
    if found.loaded:
        row |= _of_loaded(found.loaded) | {"updated_at": found.loaded.loaded_at}
    if found.derived:
        row |= {"inputs": UNKNOWN_INPUTS, "rebuild": "derive"}
    return row | (_asked_again(found.again, found.version, now) if found.again else {})


def _of_loaded(loaded: LakeLoaded) -> dict[str, Any]:
    return {
        "loaded_version": loaded.version, "loaded_at": loaded.loaded_at, "as_of": loaded.as_of,
        "rejected": loaded.rejected, **loaded.totals._asdict(),
    }  # fmt: skip


def _asked_again(again: Again, version: int, now: datetime) -> dict[str, Any]:
    """The columns of a partition that waits for the extractor to finish it, as if somebody had asked just now.

    What is made again from the lake needs a version above every one that lies there.
    """
    row: dict[str, Any] = {
        "state": _STATE_OF[again], "run_id": RECOVERY_RUN, "reason": "catch-up", "requested_at": now,
        "updated_at": now, "attempts": 0, "inputs": None, "rebuild": None if again == "odoo" else again,
    }  # fmt: skip
    if again != "odoo":
        row |= {"started_at": now, "version": max(version + 1, int(now.timestamp() * 1_000_000))}
    return row


def _note_loaded(row: PartitionRow, found: LakePartition) -> bool:
    """Take over what the lake holds, where that is newer; a newest request that it answers is then done."""
    loaded = found.loaded
    if loaded is None or loaded.version <= (row.loaded_version or 0):
        return False
    _set(row, _of_loaded(loaded))
    row.inputs = UNKNOWN_INPUTS if found.derived else None
    answered = loaded.version >= row.version and moment_of(loaded.version) >= row.requested_at
    if answered or row.state == CANCELLED:
        row.state, row.updated_at = "loaded", loaded.loaded_at
        row.error = row.error_class = row.error_stage = None
    return True


def _note_version(row: PartitionRow, found: LakePartition) -> bool:
    """Never give a version again that a file has."""
    if found.version <= row.version:
        return False
    row.version = found.version
    row.started_at = max(row.started_at or moment_of(found.version), moment_of(found.version))
    return True


def _set(row: PartitionRow, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
