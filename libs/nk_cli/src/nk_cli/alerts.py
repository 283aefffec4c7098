"""`nk alerts` and `nk digest`: what the notifier found, whether messages arrive, and the summary of a day."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from nk_cli.serving import read, send
from nk_cli.settings import ApiSettings
from nk_common.api.alerts import Alert, Alerts
from nk_common.settings import load

_LISTED = 50
alerts = typer.Typer(no_args_is_help=True, help="What is not as it should be, and who hears of it.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(alerts, name="alerts")
    app.command("digest", short_help="Show the morning digest of a day.")(digest)


@alerts.command("list")
def list_alerts(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Alerts that last, and the newest that are over. Exit code 1 when one lasts."""
    with _query_api() as client:
        found = ask_alerts(client)
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        show_alerts(Console(), found)
    raise typer.Exit(1 if found.open else 0)


@alerts.command("test")
def try_channels(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Send a test message to every channel that is set up, and say what happened. Exit code 0 when all accepted it."""
    raise typer.Exit(_notifier("test", *(["--json"] if as_json else [])))


def digest(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day to sum up.")],
    send_it: Annotated[
        bool, typer.Option("--send", help="Also send it, whether or not it was sent before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show the morning digest of a day as it would be now."""
    options = [*(["--send"] if send_it else []), *(["--json"] if as_json else [])]
    raise typer.Exit(_notifier("digest", "--day", day.date().isoformat(), *options))


def ask_alerts(client: httpx.Client) -> Alerts:
    """What the query API says. Raises QueryApiAwayError when it does not, or does not know."""
    return read(send(client, "GET", f"/v1/pipeline/alerts?limit={_LISTED}"), Alerts)


def show_alerts(console: Console, found: Alerts) -> None:
    """One paragraph for each that lasts, one line for each that is over."""
    if not found.open:
        console.print("[green]No alert lasts.[/green]")
    for one in found.alerts:
        for line in _lasting(one) if one.state == "open" else _over(one):
            console.print(line, soft_wrap=True, highlight=False)


def _lasting(one: Alert) -> list[str]:
    colour = "red" if one.severity == "critical" else "yellow"
    lines = [
        f"[{colour}]{one.code}[/{colour}] since {_moment(one.opened_at)}: {escape(one.reason.en)}",
        f"  What to do: {escape(one.advice.en)}",
    ]
    unsent = [note for note in one.notifications if note.sent_at is None and note.error]
    return lines + [f"  Not sent by {note.channel} yet: {escape(note.error or '')}" for note in unsent]


def _over(one: Alert) -> list[str]:
    end = _moment(one.closed_at) if one.closed_at else ""
    return [f"{one.code} was, from {_moment(one.opened_at)} to {end}: {escape(one.reason.en)}"]


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _query_api() -> httpx.Client:
    # Proxies are for the internet, and the query API is not there.
    return httpx.Client(base_url=str(load(ApiSettings).query_api_url), trust_env=False)


def _notifier(*arguments: str) -> int:
    """The notifier knows its channels and their secrets; it is started for this one thing, with the same settings."""
    return subprocess.run([sys.executable, "-m", "nk_notifier", *arguments], check=False).returncode
