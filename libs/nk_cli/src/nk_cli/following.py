"""A run that was started is followed in the ledger: how far it is, how fast it goes, what has failed so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from nk_common.api.pipeline import Run
from nk_common.clock import Clock
from nk_common.errors import BadCommandError, LedgerUnavailableError
from nk_common.events.topics import CONTROL
from nk_common.ledger.dead_letters import DeadLetters
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.progress import as_run
from nk_common.ledger.reader import LedgerReader
from nk_common.messaging.delivery import Place

_POLL = 0.5
TAKEN_UP_WITHIN = 60.0
"""Seconds in which a running extractor notes a command."""
QUIET_FOR = 600.0
"""Seconds in which nothing of a run moves after which it is no longer waited for."""
_NEWEST_LETTERS = 100


@dataclass(frozen=True)
class Posted:
    """A command on the control topic, and the days that it can be about."""

    id: str
    place: Place
    start: date
    end: date
    datasets: Collection[str]


@dataclass(frozen=True)
class Failure:
    """A day (`whole` for a list) that could not be loaded, and why."""

    dataset: str
    day: str
    error: str


@dataclass(frozen=True)
class Progressed:
    """A run as it is. `waits` says why it is no longer waited for, although it has not come to its end."""

    run: Run
    failures: tuple[Failure, ...]
    waits: str | None = None

    @property
    def ended(self) -> bool:
        return self.run.state != "running" or self.waits is not None

    @property
    def is_done(self) -> bool:
        return self.run.state == "done" and self.waits is None


Show = Callable[[Progressed], None]


@dataclass(frozen=True)
class Following:
    """Follows runs in the ledger that `url` names."""

    url: str
    clock: Clock
    sleep: Callable[[float], None] = field(default=time.sleep)

    def to_the_end(self, posted: Posted, show: Show) -> Progressed:
        """Raises BadCommandError when the extractor refused the command, and LedgerUnavailableError when nobody takes
        it up, or the ledger cannot be read."""
        engine = open_ledger(self.url)
        try:
            return self._follow(engine, posted, show)
        except SQLAlchemyError as error:
            raise LedgerUnavailableError(
                f"The command {posted.id} is posted, and cannot be followed: the ledger cannot be read. Check that the "
                "extractor runs and that NK_LEDGER_URL is right; the Data Sync page shows how far it is."
            ) from error
        finally:
            engine.dispose()

    def _follow(self, engine: Engine, posted: Posted, show: Show) -> Progressed:
        waited = quiet = 0.0
        before: object = None
        while True:
            found = self._look(engine, posted)
            if found is None and waited >= TAKEN_UP_WITHIN:
                raise LedgerUnavailableError(
                    f"Nobody has taken up {posted.id} within {TAKEN_UP_WITHIN:.0f} seconds. Is the extractor running? "
                    "It still does it when it is back."
                )
            if found is not None:
                now = (found.run.done, found.run.failed, found.run.cancelled, found.run.running)
                quiet, before = (quiet + _POLL if now == before else 0.0), now
                found = _given_up(found) if quiet >= QUIET_FOR else found
                show(found)
                if found.ended:
                    return found
            self.sleep(_POLL)
            waited += _POLL

    def _look(self, engine: Engine, posted: Posted) -> Progressed | None:
        reader = LedgerReader(engine)
        found = reader.runs(limit=1, ids=[posted.id])
        if not found:
            _check_not_refused(engine, posted)
            return None
        run = as_run(found[0], self.clock.now())
        return Progressed(run, tuple(_failures(reader, posted, run.created_at)), _paused(reader, run))


def _failures(reader: LedgerReader, posted: Posted, since: datetime) -> Iterator[Failure]:
    for row in reader.partitions(posted.start, posted.end, posted.datasets):
        if row.state == "failed" and row.requested_at >= since:
            yield Failure(row.dataset, row.day, row.error or "no reason was told")


def _paused(reader: LedgerReader, run: Run) -> str | None:
    """Once nothing but days of paused datasets is left, there is nothing to wait for."""
    paused = {row.dataset for row in reader.paused()}
    waiting = [key.dataset for key in reader.not_begun(run_id=run.run_id) if key.dataset in paused]
    if not waiting or len(waiting) < run.running:
        return None
    names = sorted(set(waiting))
    return f"the rest waits, because {', '.join(names)} is paused. Go on with: nk resume {' '.join(names)}"


def _given_up(found: Progressed) -> Progressed:
    words = (
        f"nothing has moved for {QUIET_FOR / 60:.0f} minutes. Is Odoo there, and do all services run (nk status)? "
        "The run goes on by itself when they do."
    )
    return Progressed(found.run, found.failures, words)


def _check_not_refused(engine: Engine, posted: Posted) -> None:
    for letter in DeadLetters(engine).page(limit=_NEWEST_LETTERS).letters:
        if letter.topic == CONTROL.name and (letter.source_partition, letter.source_offset) == posted.place:
            raise BadCommandError(letter.message)


@contextmanager
def shown_on(console: Console) -> Iterator[Show]:
    """A bar with rate, time left and failures, and each reason once; without a terminal only the reasons."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    last = TextColumn("{task.fields[pace]}")
    told: set[str] = set()
    with Progress(*columns, last, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Loading", total=None, pace="")

        def show(found: Progressed) -> None:
            run = found.run
            handled = run.done + run.failed + run.cancelled
            bar.update(task, total=run.total or None, completed=handled, pace=pace(run))
            for failure in found.failures:
                if failure.error not in told:
                    told.add(failure.error)
                    words = f"{failure.dataset} {failure.day} failed: {failure.error}"
                    console.print(f"[red]{escape(words)}[/red]", soft_wrap=True, highlight=False)

        yield show


def pace(run: Run) -> str:
    """Rate, time left and failures so far, in few words."""
    parts = [f"{run.rate_per_minute:.0f}/min"] if run.rate_per_minute else []
    if run.seconds_left is not None:
        minutes = round(run.seconds_left / 60)
        parts.append(f"{minutes} min left" if minutes else "less than a minute left")
    if run.failed:
        parts.append(f"{run.failed} failed")
    return ", ".join(parts)


def ending(found: Progressed) -> str:
    """What became of it, in a sentence or two."""
    run = found.run
    if not run.total:
        return "Nothing was to be done: all of it is loaded, or on its way. --force reads it again."
    counted = [f"{run.done} of {run.total} loaded"]
    counted += [f"{run.failed} failed"] if run.failed else []
    counted += [f"{run.cancelled} taken back"] if run.cancelled else []
    sentence = f"{', '.join(counted)} ({run.run_id})."
    if found.waits:
        return f"{sentence} No longer waited for: {found.waits}"
    if run.failed:
        return f"{sentence} What failed keeps the figures it had; nk backfill, or Data Sync, tries it again."
    return sentence
