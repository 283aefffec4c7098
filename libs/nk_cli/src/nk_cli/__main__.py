"""`nk`: the command line. Exit codes: 0 done, 1 the command failed, 2 wrong usage, 78 a setting is wrong.

`nk status` and `nk dead-letters` have one of their own: 69, the query API cannot say how things are.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.markup import escape

from nk_cli import letter_commands
from nk_cli.alerts import add_to as add_alerts
from nk_cli.asking import EXIT_UNAVAILABLE
from nk_cli.asking import query_api as _query_api
from nk_cli.control import post
from nk_cli.housekeeping.commands import add_to
from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.reconcile import as_json as reconciliation_json
from nk_cli.reconcile import results, show, wait_for
from nk_cli.serving import QueryApiAwayError, Serving, show_check, show_state
from nk_cli.settings import UpSettings, inherited_environment
from nk_cli.status import ask_health, ask_schedules, show_health, show_schedules
from nk_cli.up import Up
from nk_cli.validate.command import as_json, as_text, run_validation
from nk_common.clock import SystemClock, today
from nk_common.datasets import DAILY, expand
from nk_common.errors import NkError
from nk_common.events.commands import (
    BackfillCommand,
    CancelCommand,
    FromStage,
    PauseCommand,
    ReconcileCommand,
    ResumeCommand,
)
from nk_common.messaging.admin import apply_topics
from nk_common.observability import configure_logging
from nk_common.planning import plan_reconcile
from nk_common.settings import EXIT_CONFIGURATION, LakeSettings, load

EXIT_FAILED = 1

app = typer.Typer(
    no_args_is_help=True, add_completion=True, help="nkdash: figures of a shop that runs on Odoo."
)
topics = typer.Typer(no_args_is_help=True, help="Topics of the bus.")
app.add_typer(topics, name="topics")
serving = typer.Typer(no_args_is_help=True, help="The serving database of the running query API.")
app.add_typer(serving, name="serving")
app.add_typer(letter_commands.app, name="dead-letters")
add_to(app)
add_alerts(app)


@app.command()
def up(
    project: Annotated[Path, typer.Option(help="The checkout, for Apache Kafka's jars.")] = Path(),
) -> None:
    """Start everything on this machine, show progress, print one address to open."""
    settings = _settings()
    Up(settings, project.absolute(), inherited_environment(), SystemClock(), Console()).run()


@app.command()
def backfill(
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day, included.")],
    dataset: Annotated[
        list[str] | None, typer.Option(help="Repeat for several; default: all that have days.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Also days that are already loaded.")] = False,
    from_stage: Annotated[
        FromStage, typer.Option(help="Read Odoo, or replay from what lies in raw/ or clean/.")
    ] = "odoo",
    reason: Annotated[str | None, typer.Option(help="Kept in the ledger.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Load days: those missing, failed or unfinished, unless --force. Posts a command to the bus."""
    settings = _settings()
    command = BackfillCommand(
        id=str(uuid.uuid4()),
        datasets=dataset or [d.name for d in DAILY],
        start=start.date(),
        end=end.date(),
        force=force,
        from_stage=from_stage,
        reason=reason,
        requested_by="nk",
    )
    expand(command.datasets)
    asyncio.run(post(settings, command))
    if as_json:
        typer.echo(command.model_dump_json())
    else:
        typer.echo(f"Posted {command.id}. Watch it on the Data Sync page.")


@app.command()
def cancel(
    run: Annotated[str, typer.Argument(help="The id of the run, as the Data Sync page and the API name it.")],
    reason: Annotated[str | None, typer.Option(help="Kept in the log.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Take back what a run asked for and nobody has begun. What is being read is read to its end."""
    command = CancelCommand(id=str(uuid.uuid4()), run=run, reason=reason, requested_by="nk")
    asyncio.run(post(_settings(), command))
    typer.echo(command.model_dump_json() if as_json else f"Posted {command.id}: {run} is taken back.")


@app.command()
def pause(
    dataset: Annotated[list[str], typer.Argument(help="One or several; `dimensions` means all lists.")],
    reason: Annotated[str | None, typer.Option(help="Shown on the Data Sync page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Read nothing of these datasets until they are resumed. What is asked for meanwhile waits."""
    expand(dataset)
    command = PauseCommand(id=str(uuid.uuid4()), datasets=dataset, reason=reason, requested_by="nk")
    asyncio.run(post(_settings(), command))
    typer.echo(command.model_dump_json() if as_json else f"Posted {command.id}.")


@app.command()
def resume(
    dataset: Annotated[list[str], typer.Argument(help="One or several; `dimensions` means all lists.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Go on with paused datasets, and read what was asked for meanwhile."""
    expand(dataset)
    command = ResumeCommand(id=str(uuid.uuid4()), datasets=dataset, requested_by="nk")
    asyncio.run(post(_settings(), command))
    typer.echo(command.model_dump_json() if as_json else f"Posted {command.id}.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Say of every dataset whether it is healthy, late or failing, why, and what to do.

    Exit code 0 when all are healthy, 1 when one is late or failing, 69 when the query API cannot say.
    NK_LATE_AFTER_* and NK_FAILING_AFTER_* say what late is.
    """
    try:
        with _query_api() as client:
            health = ask_health(client)
            schedules = None if as_json else ask_schedules(client)
    except QueryApiAwayError as error:
        Console(stderr=True).print(f"[red]{escape(str(error))}[/red]", highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_UNAVAILABLE) from None
    if as_json:
        typer.echo(health.model_dump_json())
    else:
        show_health(Console(), health)
    if schedules is not None:
        show_schedules(Console(), schedules)
    raise typer.Exit(0 if health.state == "healthy" else EXIT_FAILED)


@app.command()
def validate(
    dataset: Annotated[list[str] | None, typer.Option(help="Repeat for several; default: all.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = None,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, included.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="For scripts; lists every finding.")] = False,
) -> None:
    """Look through the lake: damaged, missing and foreign files, totals, keys, stock. Changes nothing.

    Exit code 1 when something is wrong.
    """
    if start and end and start > end:
        raise typer.BadParameter("The range ends before it begins.")
    report = run_validation(
        load(LakeSettings),
        SystemClock(),
        Console(stderr=True),
        dataset or [],
        start.date() if start else None,
        end.date() if end else None,
    )
    typer.echo(as_json(report) if json_ else as_text(report))
    raise typer.Exit(EXIT_FAILED if report.failed else 0)


@app.command()
def reconcile(
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")],
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day, included.")],
    dataset: Annotated[
        list[str] | None, typer.Option(help="Repeat for several; default: all that Odoo holds by day.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Wait for what is found.")] = True,
    reason: Annotated[str | None, typer.Option(help="Kept in the ledger.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Compare days with Odoo; those that differ are read again. Exit code 0 only when all are equal."""
    settings = _settings()
    command = ReconcileCommand(
        id=str(uuid.uuid4()), datasets=dataset or [], start=start.date(), end=end.date(), reason=reason,
        requested_by="nk",
    )  # fmt: skip
    plan_reconcile(command, today(SystemClock(), settings.zone))
    asyncio.run(post(settings, command))
    if not wait:
        typer.echo(command.model_dump_json() if as_json else f"Posted {command.id}.")
        return
    found = wait_for(settings.ledger, command.id)
    rows = results(settings.ledger, command.id)
    if as_json:
        typer.echo(json.dumps(reconciliation_json(found, rows)))
    else:
        show(Console(), found, rows)
    if not found.is_proof:
        raise typer.Exit(EXIT_FAILED)


@topics.command("apply")
def apply() -> None:
    """Create the topics that are missing. Existing ones are left as they are."""
    created = asyncio.run(apply_topics(_settings()))
    typer.echo(json.dumps({"created": created}))


@serving.command("rebuild")
def rebuild_serving(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Throw the serving database away and fill it anew from the lake. Until then, answers say what is missing."""
    with _query_api() as client:
        state = Serving(client, Console(stderr=True)).rebuild()
    if as_json:
        typer.echo(state.model_dump_json())
    else:
        show_state(Console(), state)


@serving.command("check")
def check_serving(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Compare the serving database with the lake, row by row, and what is derived from it. Changes nothing.

    Exit code 0 only when everything was compared and everything is as it should be.
    """
    with _query_api() as client:
        check = Serving(client, Console(stderr=True)).check()
    if as_json:
        typer.echo(check.model_dump_json())
    else:
        show_check(Console(), check)
    raise typer.Exit(0 if check.is_proof else EXIT_FAILED)


def _settings() -> UpSettings:
    return load(UpSettings)


def main() -> None:
    """Turn every expected error into one sentence and an exit code."""
    configure_logging("nk", "WARNING", "console")
    console = Console(stderr=True)
    try:
        app()
    except (QueryApiAwayError, RefusedError) as error:
        console.print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        raise SystemExit(EXIT_FAILED) from None
    except NkError as error:
        console.print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        raise SystemExit(EXIT_CONFIGURATION) from None
    except KafkaError as error:
        console.print(f"[red]The bus cannot be reached: {error}. Is nkdash running?[/red]", soft_wrap=True)
        raise SystemExit(EXIT_FAILED) from None


if __name__ == "__main__":
    main()
