"""`nk`: the command line. docs/cli.md lists its commands and exit codes."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.markup import escape

from nk_cli import letter_commands
from nk_cli.alerts import add_to as add_alerts
from nk_cli.asking import query_api as _query_api
from nk_cli.asking import unavailable_is_said
from nk_cli.endings import EXIT_CODES, EXIT_FAILED, ending_of
from nk_cli.housekeeping.commands import add_to
from nk_cli.odoo import odoo
from nk_cli.serving import Serving, show_check, show_state
from nk_cli.settings import UpSettings, inherited_environment
from nk_cli.status import ask_health, ask_schedules, show_health, show_schedules
from nk_cli.up import Up
from nk_cli.watch import watch
from nk_cli.work import add_to as add_work
from nk_common.clock import SystemClock
from nk_common.errors import NkError
from nk_common.observability import configure_logging
from nk_common.settings import LakeSettings, load

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    help="nkdash: figures of a shop that runs on Odoo.",
    epilog=EXIT_CODES,
)
topics = typer.Typer(no_args_is_help=True, help="Topics of the bus.")
app.add_typer(topics, name="topics")
serving = typer.Typer(no_args_is_help=True, help="The serving database of the query API.")
app.add_typer(serving, name="serving")
app.add_typer(letter_commands.app, name="dead-letters")
app.add_typer(odoo, name="odoo")
app.command("watch", short_help="Show what the stages do, as it happens.")(watch)
add_work(app)
add_to(app)
add_alerts(app)


@app.command(short_help="Start everything on this machine.")
def up(
    project: Annotated[Path, typer.Option(help="The checkout, for Apache Kafka's jars.")] = Path(),
) -> None:
    """Start everything on this machine, show progress, print one address to open."""
    settings = _settings()
    Up(settings, project.absolute(), inherited_environment(), SystemClock(), Console()).run()


@app.command(short_help="Say how every dataset is, and what to do.")
def status(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Say of every dataset whether it is healthy, late or failing, why, and what to do.

    Exit code 0 when all are healthy, 1 when one is late or failing, 69 when the query API cannot say.
    NK_LATE_AFTER_* and NK_FAILING_AFTER_* say what late is.
    """
    with unavailable_is_said(), _query_api() as client:
        health = ask_health(client)
        schedules = None if as_json else ask_schedules(client)
    if as_json:
        typer.echo(health.model_dump_json())
    else:
        show_health(Console(), health)
    if schedules is not None:
        show_schedules(Console(), schedules)
    raise typer.Exit(0 if health.state == "healthy" else EXIT_FAILED)


@app.command(short_help="Look through the files of the lake.")
def validate(
    dataset: Annotated[list[str] | None, typer.Option(help="Repeat for several; default: all.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = None,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day, included.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="For scripts; lists every finding.")] = False,
) -> None:
    """Look through the lake: damaged, missing and foreign files, totals, keys, stock. Changes nothing.

    Exit code 1 when something is wrong.
    """
    # Polars is slow to load, and no other command looks into files.
    from nk_cli.validate.command import as_json, as_text, run_validation

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


@topics.command("apply")
def apply() -> None:
    """Create the topics that are missing. Existing ones are left as they are."""
    from nk_common.messaging.admin import apply_topics  # FastStream is slow to load

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
    try:
        app()
    except (NkError, KafkaError) as error:
        sentence, code = ending_of(error)
        Console(stderr=True).print(f"[red]{escape(sentence)}[/red]", highlight=False, soft_wrap=True)
        raise SystemExit(code) from None


if __name__ == "__main__":
    main()
