"""What the extractor does by itself: by which rule, since when, when it last looked, and what fired last."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, String, Text, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from nk_common.ledger.engine import transaction
from nk_common.ledger.models import Base, RunRow, UtcDateTime

WATCH, CATCH_UP = "watch", "catch-up"
FORGOTTEN_AFTER = timedelta(minutes=10)
"""A look that failed tells nothing any more after so long, or after three intervals: whoever looked is away, too."""
LONGEST_ERROR = 500
BROKEN_OFF_AFTER = timedelta(minutes=5)
"""A firing that somebody took and that is not ordered after so long broke off with its extractor."""


class RoutineRow(Base):
    """A job of the schedule, the change watch, or catch-up.

    `rule` is a job's cron expression, or the seconds between looks; empty: switched off. `since` is when this rule
    was first in force: nothing before it was missed. `looked_at` is of the last look that came to its end. `fired_at`
    is the newest firing that was taken, `run_id` its run; `taken_at` is when, and `ordered_at` when it was on its way.
    `turn_of` is the extractor whose turn it is to look, of several, and `turn_at` when it last began to.
    While looks fail, `failing_since` is the first of them, `failed_at` the last, `error` why; a look that succeeds
    clears all three.
    """

    __tablename__ = "routines"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    rule: Mapped[str] = mapped_column(String(100))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    run_id: Mapped[str | None] = mapped_column(String(100))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ordered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_class: Mapped[str | None] = mapped_column(String(80))
    error: Mapped[str | None] = mapped_column(Text)
    turn_of: Mapped[str | None] = mapped_column(String(32))
    turn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def fails(self, now: datetime) -> bool:
        """Whether looks fail now; what an extractor noted that has not looked since is not known to last."""
        if self.failed_at is None or not self.rule:
            return False
        return now - self.failed_at <= max(FORGOTTEN_AFTER, 3 * timedelta(seconds=float(self.rule)))

    def well(self) -> None:
        """Nothing fails any more."""
        self.failing_since = self.failed_at = self.error_class = self.error = None


def take_turn(session: Session, name: str, who: str, at: datetime, lease: timedelta) -> bool:
    """Whether it is `who`'s turn to look: it was before, or whoever's it was has not begun a look within the lease."""
    row = session.get(RoutineRow, name, with_for_update=True)
    if row is None:
        return True
    if row.turn_of not in (None, who) and row.turn_at is not None and at - row.turn_at < lease:
        return False
    row.turn_of, row.turn_at = who, at
    return True


def leave_turn(session: Session, name: str, who: str) -> None:
    """It is anybody's turn, if it was that of `who`."""
    row = session.get(RoutineRow, name, with_for_update=True)
    if row is not None and row.turn_of == who:
        row.turn_of = row.turn_at = None


def note_look(session: Session, name: str, at: datetime) -> None:
    """A look came to its end."""
    row = session.get(RoutineRow, name, with_for_update=True)
    if row is not None:
        row.looked_at = at
        row.well()


def note_failed_look(session: Session, name: str, at: datetime, error_class: str, error: str) -> None:
    """A look could not be brought to its end; `error` is a sentence for people. It fails since the first of the
    looks before it that failed as well, if they went on until now."""
    row = session.get(RoutineRow, name, with_for_update=True)
    if row is None:
        return
    if row.failing_since is None or not row.fails(at):
        row.failing_since = at
    row.failed_at, row.error_class, row.error = at, error_class, error[:LONGEST_ERROR]


class Routines:
    """Reads them; and, in the extractor only, writes them. Every method is one transaction.

    Reading raises what SQLAlchemy raises, writing LedgerUnavailableError when the database does not answer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, RoutineRow]:
        with Session(self._engine, expire_on_commit=False) as session:
            return {row.name: row for row in session.scalars(select(RoutineRow))}

    def tell(self, name: str, rule: str, at: datetime) -> datetime:
        """Note the rule that is in force; returns since when. Another rule begins anew, the same one goes on."""
        with transaction(self._engine) as session:
            dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
            new = dialect.insert(RoutineRow).values(name=name, rule=rule, since=at)
            session.execute(new.on_conflict_do_nothing())
            row = session.get_one(RoutineRow, name, with_for_update=True)
            if row.rule != rule:
                row.rule, row.since = rule, at
                row.well()
            return row.since

    def take(self, name: str, moment: datetime, run_id: str, at: datetime) -> bool:
        """Take the firing at `moment`; False where another extractor has, or had before a restart.

        One statement decides, so of several extractors exactly one takes it. What broke off between taking and
        ordering is taken again after some minutes; its run has the same id, so nothing of it is done twice.
        """
        row = RoutineRow
        left = or_(row.taken_at.is_(None), row.taken_at <= at - BROKEN_OFF_AFTER)
        broken_off = and_(row.fired_at == moment, row.ordered_at.is_(None), left)
        free = or_(row.fired_at.is_(None), row.fired_at < moment, broken_off)
        taken = update(row).where(row.name == name, free)
        with transaction(self._engine) as session:
            result = session.execute(
                taken.values(fired_at=moment, run_id=run_id, taken_at=at, ordered_at=None).returning(row.name)
            )
            return result.first() is not None

    def give_back(self, name: str, moment: datetime) -> None:
        """What was taken could not be ordered now: the next look, of any extractor, takes it again."""
        row = RoutineRow
        mine = update(row).where(row.name == name, row.fired_at == moment, row.ordered_at.is_(None))
        with transaction(self._engine) as session:
            session.execute(mine.values(taken_at=None))

    def ordered(self, name: str, moment: datetime, at: datetime) -> None:
        """What was taken is on its way, and is brought to its end by whoever works on it."""
        with transaction(self._engine) as session:
            session.execute(
                update(RoutineRow)
                .where(RoutineRow.name == name, RoutineRow.fired_at == moment)
                .values(ordered_at=at)
            )

    def note_run(self, run: RunRow) -> None:
        """A run that is over as soon as it is noted; one of the same id is left as it is."""
        with transaction(self._engine) as session:
            if session.get(RunRow, run.id) is None:
                session.add(run)
