"""The commands that start, take back or hold up work: each posts one command to the bus, or asks what it would do."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from nk_cli import control, names
from nk_cli.endings import EXIT_FAILED, EXIT_INTERRUPTED
from nk_cli.planned import as_text
from nk_cli.settings import UpSettings
from nk_common.clock import SystemClock, today
from nk_common.datasets import DAILY, expand
from nk_common.events.commands import (
    BackfillCommand,
    CancelCommand,
    Command,
    FromStage,
    PauseCommand,
    ReconcileCommand,
    RefreshDimensionsCommand,
    ResumeCommand,
    SnapshotStockCommand,
)
from nk_common.planning import plan_backfill, plan_reconcile, plan_refresh
from nk_common.settings import load

if TYPE_CHECKING:
    from nk_cli.following import Progressed

_DAY = ["%Y-%m-%d"]
_BY = "nk"
Start = Annotated[datetime, typer.Option(formats=_DAY, help="First day.")]
End = Annotated[datetime, typer.Option(formats=_DAY, help="Last day, included.")]
Datasets = Annotated[
    list[str],
    typer.Argument(help="One or several; `dimensions` means all lists.", autocompletion=names.datasets),
]
Reason = Annotated[str | None, typer.Option(help="Kept in the ledger.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do nothing; say for which days it would be done.")]
Wait = Annotated[bool, typer.Option(help="Stay until it is done, and show how far it is.")]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]


def backfill(
    start: Start,
    end: End,
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Repeat for several; default: all that have days.", autocompletion=names.datasets),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Also days that are already loaded.")] = False,
    from_stage: Annotated[
        FromStage, typer.Option(help="Read Odoo, or replay from what lies in raw/ or clean/.")
    ] = "odoo",
    reason: Reason = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Load days: those missing, failed or unfinished, unless --force.

    Exit code 0 when all of them are loaded, 1 when some failed or were taken back. Ctrl-C ends the watching (130); the
    run goes on.
    """
    settings = load(UpSettings)
    command = BackfillCommand(
        id=str(uuid.uuid4()), datasets=dataset or [d.name for d in DAILY], start=start.date(), end=end.date(),
        force=force, from_stage=from_stage, reason=reason, requested_by=_BY,
    )  # fmt: skip
    plan_backfill(command, today(SystemClock(), settings.zone), lambda _: "missing")
    if _only_asked(settings, command, dry_run, as_json):
        return
    _run(settings, command, (command.start, command.end), command.datasets, wait, as_json)


def refresh_dimensions(
    target: Annotated[
        list[str] | None, typer.Argument(help="Lists to read; default: all.", autocompletion=names.lists)
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Every record, not only those that Odoo dates as changed.")
    ] = False,
    reason: Reason = None,
    dry_run: DryRun = False,
    wait: Wait = True,
    as_json: Json = False,
) -> None:
    """Read lists again: products, partners, cashiers, stores and so on.

    Of large lists only what changed is read, and everything once a day; --full reads everything now. The table that
    comes out is whole either way. Exit code 0 when all are loaded, 1 when some failed.
    """
    settings = load(UpSettings)
    command = RefreshDimensionsCommand(
        id=str(uuid.uuid4()), targets=target or [], full=full, reason=reason, requested_by=_BY
    )
    lists = [item.partition.dataset for item in plan_refresh(command, lambda _: "missing")]
    if not _only_asked(settings, command, dry_run, as_json):
        now = today(SystemClock(), settings.zone)
        _run(settings, command, (now, now), lists, wait, as_json)


def snapshot_stock(
    reason: Reason = None, dry_run: DryRun = False, wait: Wait = True, as_json: Json = False
) -> None:
    """Read what is on hand now; it becomes the stock of today. Odoo tells no other day's.

    Exit code 0 when it is loaded, 1 when it failed.
    """
    settings = load(UpSettings)
    command = SnapshotStockCommand(id=str(uuid.uuid4()), reason=reason, requested_by=_BY)
    if not _only_asked(settings, command, dry_run, as_json):
        now = today(SystemClock(), settings.zone)
        stock = [d.name for d in DAILY if d.rebuilt == "past days"]
        _run(settings, command, (now, now), stock, wait, as_json)


def cancel(
    run: Annotated[str, typer.Argument(help="The id of the run, as the Data Sync page and the API name it.")],
    reason: Annotated[str | None, typer.Option(help="Kept in the log.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take back what a run asked for and nobody has begun. What is being read is read to its end."""
    command = CancelCommand(id=str(uuid.uuid4()), run=run, reason=reason, requested_by=_BY)
    _tell(command, f"{run} is taken back.", dry_run, as_json)


def pause(
    dataset: Datasets,
    reason: Annotated[str | None, typer.Option(help="Shown on the Data Sync page.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Read nothing of these datasets until they are resumed. What is asked for meanwhile waits."""
    expand(dataset)
    command = PauseCommand(id=str(uuid.uuid4()), datasets=dataset, reason=reason, requested_by=_BY)
    _tell(command, f"{', '.join(dataset)} is paused.", dry_run, as_json)


def resume(dataset: Datasets, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Go on with paused datasets, and read what was asked for meanwhile."""
    expand(dataset)
    command = ResumeCommand(id=str(uuid.uuid4()), datasets=dataset, requested_by=_BY)
    _tell(command, f"{', '.join(dataset)} goes on.", dry_run, as_json)


def reconcile(
    start: Start,
    end: End,
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            help="Repeat for several; default: all that Odoo holds by day.", autocompletion=names.datasets
        ),
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for what is found.")] = True,
    reason: Reason = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Compare days with Odoo; those that differ are read again. Exit code 0 only when all are equal."""
    settings = load(UpSettings)
    command = ReconcileCommand(
        id=str(uuid.uuid4()), datasets=dataset or [], start=start.date(), end=end.date(), reason=reason,
        requested_by=_BY,
    )  # fmt: skip
    plan_reconcile(command, today(SystemClock(), settings.zone))
    if _only_asked(settings, command, dry_run, as_json):
        return
    asyncio.run(control.post(settings, command))
    if not wait:
        typer.echo(command.model_dump_json() if as_json else f"Posted {command.id}.")
        return
    from nk_cli.reconcile import as_json as reconciliation_json  # the ledger is slow to load
    from nk_cli.reconcile import results, show, wait_for

    found = wait_for(settings.ledger, command.id)
    rows = results(settings.ledger, command.id)
    if as_json:
        typer.echo(json.dumps(reconciliation_json(found, rows)))
    else:
        show(Console(), found, rows)
    if not found.is_proof:
        raise typer.Exit(EXIT_FAILED)


def add_to(app: typer.Typer) -> None:
    """Give `nk` these commands."""
    app.command("backfill", short_help="Load days.")(backfill)
    app.command("refresh-dimensions", short_help="Read lists again: products, partners, stores ...")(
        refresh_dimensions
    )
    app.command("snapshot-stock", short_help="Read what is on hand now.")(snapshot_stock)
    app.command("reconcile", short_help="Compare days with Odoo.")(reconcile)
    app.command("cancel", short_help="Take back what a run asked for.")(cancel)
    app.command("pause", short_help="Read nothing of datasets for now.")(pause)
    app.command("resume", short_help="Go on with paused datasets.")(resume)


def _only_asked(settings: UpSettings, command: Command, dry_run: bool, as_json: bool) -> bool:
    """Whether it was a dry run, which is answered here."""
    if dry_run:
        plan = asyncio.run(control.ask_first(settings, command))
        typer.echo(
            json.dumps({"dry_run": True, "command": command.type, "plan": plan})
            if as_json
            else as_text(command, plan)
        )
    return dry_run


def _tell(command: Command, done: str, dry_run: bool, as_json: bool) -> None:
    settings = load(UpSettings)
    if not _only_asked(settings, command, dry_run, as_json):
        asyncio.run(control.post(settings, command))
        typer.echo(command.model_dump_json() if as_json else f"Posted {command.id}: {done}")


def _run(
    settings: UpSettings,
    command: Command,
    days: tuple[date, date],
    datasets: Collection[str],
    wait: bool,
    as_json: bool,
) -> None:
    """Post a command that loads, and follow it if wanted."""
    place = asyncio.run(control.post(settings, command))
    if not wait:
        words = f"Posted {command.id}. nk watch and the Data Sync page show how far it is."
        typer.echo(command.model_dump_json() if as_json else words)
        return
    # SQLAlchemy is slow to load, and commands that only post need no ledger.
    from nk_cli.following import Following, Posted, ending, shown_on

    scope = [one.name for one in expand(list(datasets))]
    posted = Posted(command.id, place, *days, scope)
    try:
        with shown_on(Console(stderr=True)) as on_the_way:
            found = Following(settings.ledger, SystemClock()).to_the_end(posted, on_the_way)
    except KeyboardInterrupt:
        typer.echo(
            f"No longer watched; {command.id} goes on. nk cancel {command.id} takes it back.", err=True
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    typer.echo(_document(found) if as_json else ending(found))
    raise typer.Exit(0 if found.is_done else EXIT_FAILED)


def _document(found: Progressed) -> str:
    failures = [vars(failure) for failure in found.failures]
    return json.dumps(
        {**found.run.model_dump(mode="json"), "failures": failures, "no_longer_waited_for": found.waits}
    )
