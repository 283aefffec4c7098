"""`nk reconcile`: waiting for a run in the ledger, and what is shown of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from nk_cli import __main__ as nk
from nk_cli import control
from nk_cli.reconcile import as_json, results, show, wait_for
from nk_common.errors import BadCommandError, LedgerUnavailableError
from nk_common.events.commands import ReconcileCommand
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.ledger.reconciliations import ReconciliationResultRow, Reconciliations, Status, run_row

AT = datetime(2026, 1, 10, tzinfo=UTC)
DAY = date(2026, 1, 9)
FIGURES = {
    "documents": 3,
    "lines": 4,
    "quantity": 4.0,
    "amount": 1500.5,
    "untaxed": 1400.0,
    "payments": 1500.5,
}


@pytest.fixture
def ledger_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def finish(ledger_url: str) -> Callable[..., None]:
    """Writes a run of one day with this status into the ledger, as the extractor would have left it."""

    def write(run_id: str, status: Status, **other: Any) -> None:
        engine = open_ledger(ledger_url, writer=True)
        migrate(engine)
        held = Reconciliations(engine)
        held.accept(run_row(run_id, "{}", (DAY, DAY), ["pos"], 1, AT))
        held.begin(run_id, AT)
        given = {"odoo": FIGURES, "lake": FIGURES, "differing": 0, "document_ids": [], **other}
        held.record(
            [ReconciliationResultRow(run_id=run_id, dataset="pos", day=str(DAY), status=status, **given)]
        )
        held.finish(run_id, "done", AT)
        engine.dispose()

    return write


def test_it_waits_until_the_run_is_done(ledger_url: str, finish: Callable[..., None]) -> None:
    """The command is on the bus; a moment later the extractor has noted and run it."""
    engine = open_ledger(ledger_url, writer=True)
    migrate(engine)
    engine.dispose()
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            finish("r1", "equal")

    found = wait_for(ledger_url, "r1", sleep)
    assert (found.is_proof, len(naps)) == (True, 2)


def test_a_command_that_nobody_takes_up_is_said(ledger_url: str, finish: Callable[..., None]) -> None:
    finish("other", "equal")
    with pytest.raises(LedgerUnavailableError, match="Is the extractor running"):
        wait_for(ledger_url, "r1", lambda _: None)


@pytest.mark.parametrize(("beats", "naps"), [(0, 360), (5, 360 + 5 * 40)])
def test_a_run_whose_extractor_died_is_given_up(beats: int, naps: int, ledger_url: str) -> None:
    """Three minutes, in half seconds, after the last sign of life; here there is one every 20 seconds at first."""
    engine = open_ledger(ledger_url, writer=True)
    migrate(engine)
    held = Reconciliations(engine)
    held.accept(run_row("r1", "{}", (DAY, DAY), ["pos"], 1, AT))
    held.begin("r1", AT)
    slept = 0

    def sleep(_: float) -> None:
        nonlocal slept
        slept += 1
        assert slept < 1000, "it waits without end"
        if slept % 40 == 0 and slept // 40 <= beats:
            held.beat("r1", AT + timedelta(seconds=slept))

    found = wait_for(ledger_url, "r1", sleep)
    engine.dispose()
    assert (slept, found.is_proof) == (naps, False)
    out = io.StringIO()
    show(Console(file=out, width=300), found, [])
    assert "no sign of life for 3 minutes. Is it running?" in out.getvalue()
    assert "no sign of life" in as_json(found, [])["error"]


def test_a_run_that_waits_its_turn_is_waited_for(ledger_url: str, finish: Callable[..., None]) -> None:
    """For as long as another one shows signs of life."""
    engine = open_ledger(ledger_url, writer=True)
    migrate(engine)
    held = Reconciliations(engine)
    held.accept(run_row("long", "{}", (DAY, DAY), ["pos"], 1, AT))
    held.accept(run_row("r1", "{}", (DAY, DAY), ["pos"], 1, AT))
    held.begin("long", AT)
    slept = 0

    def sleep(_: float) -> None:
        nonlocal slept
        slept += 1
        if slept % 60 == 0:
            held.beat("long", AT + timedelta(seconds=slept))
        if slept == 800:
            finish("r1", "equal")

    assert wait_for(ledger_url, "r1", sleep).is_proof
    engine.dispose()


def test_a_ledger_that_is_none_is_said(ledger_url: str) -> None:
    with pytest.raises(LedgerUnavailableError, match="NK_LEDGER_URL"):
        wait_for(ledger_url, "r1", lambda _: None)


def test_one_table_with_the_days_that_differ(ledger_url: str, finish: Callable[..., None]) -> None:
    finish(
        "r1", "different", lake={**FIGURES, "amount": 500.0}, differing=7, document_ids=[1, 2, 3, 4, 5, 6, 7]
    )
    found, rows = wait_for(ledger_url, "r1"), results(ledger_url, "r1")
    out = io.StringIO()
    show(Console(file=out, width=200), found, rows)
    assert "different" in out.getvalue()
    assert "1, 2, 3, 4, 5 and 2 more" in out.getvalue()
    assert "1,500.50" in out.getvalue()
    shown = as_json(found, rows)
    assert (shown["is_proof"], shown["counts"]) == (False, {"different": 1})
    assert shown["results"][0]["lake"]["amount"] == 500.0


@pytest.mark.parametrize(("status", "code"), [("equal", 0), ("different", 1), ("missing", 1), ("failed", 1)])
def test_the_exit_code_tells_whether_all_is_equal(
    status: Status,
    code: int,
    ledger_url: str,
    finish: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bus is left out: posting is what makes the run appear in the ledger."""

    async def post(_settings: object, command: ReconcileCommand) -> None:
        finish(command.id, status)

    monkeypatch.setattr(control, "post", post)
    monkeypatch.setenv("NK_LEDGER_URL", ledger_url)
    answer = CliRunner().invoke(
        nk.app, ["reconcile", "--start", "2026-01-09", "--end", "2026-01-09", "--json"]
    )
    assert answer.exit_code == code, answer.output


def test_a_range_that_cannot_be_meant_is_not_posted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def post(_settings: object, command: ReconcileCommand) -> None:
        raise AssertionError(command)

    monkeypatch.setattr(control, "post", post)
    answer = CliRunner().invoke(nk.app, ["reconcile", "--start", "2026-01-09", "--end", "2026-01-08"])
    assert isinstance(answer.exception, BadCommandError)
