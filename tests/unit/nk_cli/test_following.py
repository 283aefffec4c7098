"""A run that was started is followed: how far, how fast, what failed, and when it is no longer waited for."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from nk_cli import __main__ as nk
from nk_cli import control
from nk_cli.following import Following, Posted, Progressed, ending, pace, shown_on
from nk_common.api.pipeline import Run
from nk_common.datasets.base import PartitionKey
from nk_common.errors import BadCommandError, LedgerUnavailableError
from nk_common.events.base import Totals
from nk_common.events.commands import BackfillCommand
from nk_common.events.stages import LetterPlace, Outcome, StageReport
from nk_common.events.topics import CONTROL
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.models import RunRow
from nk_common.ledger.writer import LedgerWriter
from nk_common.messaging.delivery import Place
from support.clock import SetClock

T0 = datetime(2026, 1, 10, 5, tzinfo=UTC)
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 6)
POSTED = Posted("r1", Place(0, 7), FIRST, LAST, ["pos"])
Step = Callable[["Extractor"], None]


class Extractor:
    """What it does to the ledger, at one second after another."""

    def __init__(self, url: str) -> None:
        self.engine = open_ledger(url, writer=True)
        migrate(self.engine)
        self.writer = LedgerWriter(self.engine)
        self.now = T0

    def open(self, run: str = "r1", *days: date) -> None:
        keys = [PartitionKey("pos", day) for day in days]
        row = RunRow(id=run, kind="backfill", command="{}", created_at=self.now, total=len(keys))
        self.writer.open_run(row, keys)
        self.writer.request(keys, run, "backfill", self.now)

    def stage(self, day: date, outcome: Outcome, error: str | None = None) -> None:
        """The day is read; then it is loaded, or that failed."""
        self.now += timedelta(seconds=1)
        key = PartitionKey("pos", day)
        version = self.writer.begin(key, T0, "r1", self.now)
        totals = Totals(documents=1, lines=1, quantity=1, amount=1, payments=1)
        self.writer.apply(
            StageReport(
                stage="load", outcome=outcome, at=self.now, dataset="pos", day=day, version=version,
                as_of=self.now, totals=totals, error=error, error_class="X" if error else None,
            )
        )  # fmt: skip

    def refuse(self, place: Place, words: str) -> None:
        letter = LetterPlace(source_partition=place.partition, source_offset=place.offset)
        self.writer.apply(
            StageReport(
                stage="plan", outcome="dead-lettered", at=self.now, source_topic=CONTROL.name,
                error_class="BadCommandError", error=words, letter=letter,
            )
        )  # fmt: skip


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def extractor(url: str) -> Extractor:
    return Extractor(url)


def follow(url: str, extractor: Extractor, *steps: Step, most: int = 2000) -> tuple[Progressed, list[Run]]:
    """At each nap one step is done; returns how it ended, and what was shown."""
    todo, seen = list(steps), []
    naps = 0

    def sleep(_: float) -> None:
        nonlocal naps
        naps += 1
        assert naps < most, "it waits without end"
        if todo:
            todo.pop(0)(extractor)

    clock = SetClock("2026-01-10T05:01:00Z")
    found = Following(url, clock, sleep).to_the_end(POSTED, lambda one: seen.append(one.run))
    return found, seen


def test_it_waits_until_all_is_loaded(url: str, extractor: Extractor) -> None:
    """A minute after the start, one of two days is loaded: one a minute, a minute left."""
    found, seen = follow(
        url,
        extractor,
        lambda e: e.open("r1", FIRST, LAST),
        lambda e: e.stage(FIRST, "completed"),
        lambda e: e.stage(LAST, "completed"),
    )
    assert [(run.done, run.seconds_left) for run in seen] == [(0, None), (1, 60.0), (2, None)]
    assert (found.is_done, found.run.state) == (True, "done")
    assert pace(seen[1]) == "1/min, 1 min left"
    assert ending(found) == "2 of 2 loaded (r1)."


def test_failures_are_told_with_their_reason(url: str, extractor: Extractor) -> None:
    found, seen = follow(
        url,
        extractor,
        lambda e: e.open("r1", FIRST, LAST),
        lambda e: e.stage(FIRST, "failed", "No rights on [pos.order]."),
        lambda e: e.stage(LAST, "completed"),
    )
    assert not found.is_done
    assert [(one.dataset, one.day, one.error) for one in found.failures] == [
        ("pos", "2026-01-05", "No rights on [pos.order].")
    ]
    assert pace(seen[1]).endswith("1 failed")
    assert ending(found).startswith("1 of 2 loaded, 1 failed (r1). What failed keeps the figures it had")
    out = io.StringIO()
    with shown_on(Console(file=out, width=200)) as show:
        show(found)
        show(found)
    assert out.getvalue() == "pos 2026-01-05 failed: No rights on [pos.order].\n", "once, and as it is"


def test_nothing_to_do_is_said(url: str, extractor: Extractor) -> None:
    found, _ = follow(url, extractor, lambda e: e.open("r1"))
    assert found.is_done
    assert ending(found).startswith("Nothing was to be done")


def test_a_run_that_is_taken_back_ends(url: str, extractor: Extractor) -> None:
    found, _ = follow(
        url, extractor, lambda e: e.open("r1", FIRST, LAST), lambda e: void(e.writer.cancel_run("r1", e.now))
    )
    assert (found.is_done, found.run.state) == (False, "cancelled")
    assert "2 taken back" in ending(found)


def void(_: object) -> None:
    """For steps whose answer nobody wants."""


def test_days_of_a_paused_dataset_are_not_waited_for(url: str, extractor: Extractor) -> None:
    """But what else is to be loaded is."""
    found, _ = follow(
        url,
        extractor,
        lambda e: e.writer.pause(["pos"], e.now, None, None),
        lambda e: e.open("r1", FIRST),
    )
    assert not found.is_done
    assert "because pos is paused. Go on with: nk resume pos" in ending(found)


def test_a_run_in_which_nothing_moves_is_given_up(url: str, extractor: Extractor) -> None:
    """Ten minutes, in half seconds, after the last thing that moved."""
    found, seen = follow(
        url, extractor, lambda e: e.open("r1", FIRST, LAST), lambda e: e.stage(FIRST, "completed")
    )
    assert len(seen) == 1 + 1 + 1200
    assert "nothing has moved for 10 minutes" in ending(found)


def test_a_command_that_was_refused_is_not_waited_for(url: str, extractor: Extractor) -> None:
    with pytest.raises(BadCommandError, match="There is no such thing"):
        follow(
            url,
            extractor,
            lambda e: e.refuse(Place(0, 6), "Somebody else's."),
            lambda e: e.refuse(POSTED.place, "There is no such thing."),
        )


def test_a_command_that_nobody_takes_up_is_said(url: str, extractor: Extractor) -> None:
    with pytest.raises(LedgerUnavailableError, match="Is the extractor running"):
        follow(url, extractor)


def test_a_ledger_that_is_none_is_said(url: str) -> None:
    with pytest.raises(LedgerUnavailableError, match="NK_LEDGER_URL"):
        Following(url, SetClock("2026-01-10T05:01:00Z"), lambda _: None).to_the_end(POSTED, lambda _: None)


@pytest.mark.parametrize(("outcome", "code"), [("completed", 0), ("failed", 1)])
def test_the_exit_code_tells_whether_all_is_loaded(
    outcome: Outcome, code: int, url: str, extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bus is left out: posting is what makes the run appear in the ledger."""

    async def post(_settings: object, command: BackfillCommand) -> Place:
        extractor.open(command.id, FIRST)
        extractor.stage(FIRST, outcome, "Odoo said no." if code else None)
        return Place(0, 1)

    monkeypatch.setattr(control, "post", post)
    monkeypatch.setenv("NK_LEDGER_URL", url)
    days = ["--start", str(FIRST), "--end", str(FIRST), "--dataset", "pos"]
    answer = CliRunner().invoke(nk.app, ["backfill", *days, "--json"])
    assert answer.exit_code == code, answer.output
    document: dict[str, Any] = json.loads(answer.stdout)
    assert (document["total"], document["done"], document["failed"]) == (1, 1 - code, code)
    assert [one["error"] for one in document["failures"]] == ["Odoo said no."] * code


def test_a_range_that_cannot_be_meant_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def post(_settings: object, command: BackfillCommand) -> Place:
        raise AssertionError(command)

    monkeypatch.setattr(control, "post", post)
    answer = CliRunner().invoke(nk.app, ["backfill", "--start", "2026-01-09", "--end", "2026-01-08"])
    assert isinstance(answer.exception, BadCommandError)


def test_ctrl_c_ends_the_watching_and_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said how the run is taken back."""
    sent: list[str] = []

    async def post(_settings: object, command: BackfillCommand) -> Place:
        sent.append(command.id)
        return Place(0, 1)

    def interrupted(*_: object) -> Progressed:
        raise KeyboardInterrupt

    monkeypatch.setattr(control, "post", post)
    monkeypatch.setattr(Following, "to_the_end", interrupted)
    answer = CliRunner().invoke(nk.app, ["backfill", "--start", str(FIRST), "--end", str(LAST)])
    assert (answer.exit_code, answer.stdout) == (130, "")
    assert f"nk cancel {sent[0]} takes it back" in answer.stderr
