"""The commands `nk dead-letters ...`: options in, sentences or JSON out, and an exit code."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from nk_cli import dead_letters
from nk_cli.asking import query_api, unavailable_is_said
from nk_cli.control import post
from nk_cli.settings import UpSettings
from nk_common.events.commands import DiscardDeadLetterCommand, RetryDeadLetterCommand
from nk_common.settings import load

app = typer.Typer(no_args_is_help=True, help="Messages that could not be used.")


@app.command("list")
def list_letters(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are resolved.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Letters at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the messages that nothing was done about yet, and why they could not be used.

    Exit code 0 also when there are some; 69 when the query API cannot say.
    """
    with unavailable_is_said(), query_api() as client:
        found = dead_letters.ask_letters(client, everything=everything, limit=limit)
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        dead_letters.show_letters(Console(), found)


@app.command("read")
def read_letter(
    letter: Annotated[int, typer.Argument(min=1, help="Its number.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show a message as far as it can be read; values about people are masked.

    Exit code 0, also when the message is no longer kept; 1 when there is no such letter; 69 when the query API
    cannot say.
    """
    with unavailable_is_said(), query_api() as client:
        found = dead_letters.ask_letter(client, letter)
    if as_json:
        typer.echo(found.model_dump_json())
    else:
        dead_letters.show_letter(Console(), found)


@app.command("retry")
def retry_letter(
    letter: Annotated[list[int], typer.Argument(min=1, help="One number or several.")],
    reason: Annotated[str | None, typer.Option(help="Kept in the ledger.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Put messages on their topics again, once. What was loaded since is newer, and stays.

    Exit code 0 when all of them are retried; 1 when one of them cannot be (then none is), or nothing was done in time;
    69 when the query API cannot say.
    """
    commands = [
        RetryDeadLetterCommand(id=str(uuid.uuid4()), letter=one, reason=reason, requested_by="nk")
        for one in dict.fromkeys(letter)
    ]
    _resolve(commands, as_json, retried=True)


@app.command("discard")
def discard_letter(
    letter: Annotated[list[int], typer.Argument(min=1, help="One number or several.")],
    reason: Annotated[str, typer.Option(help="Why nothing is to be done about them; kept in the ledger.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Note that nothing is to be done about messages, and why.

    Exit code 0 when all of them are discarded; 1 when one of them cannot be (then none is), or nothing was done in
    time; 69 when the query API cannot say.
    """
    if not 0 < len(reason.strip()) <= 200:
        raise typer.BadParameter("Say why, in at most 200 letters.", param_hint="--reason")
    commands = [
        DiscardDeadLetterCommand(id=str(uuid.uuid4()), letter=one, reason=reason, requested_by="nk")
        for one in dict.fromkeys(letter)
    ]
    _resolve(commands, as_json, retried=False)


def _resolve(
    commands: Sequence[RetryDeadLetterCommand | DiscardDeadLetterCommand], as_json: bool, *, retried: bool
) -> None:
    """All are looked at before any is posted."""
    with unavailable_is_said(), query_api() as client:
        for command in commands:
            dead_letters.check_open(dead_letters.ask_letter(client, command.letter), retried=retried)
        for command in commands:
            asyncio.run(post(load(UpSettings), command))
        done = [dead_letters.wait_for(client, command.letter) for command in commands]
    if as_json:
        typer.echo(dead_letters.as_json(done))
    else:
        dead_letters.show_done(Console(), done)
