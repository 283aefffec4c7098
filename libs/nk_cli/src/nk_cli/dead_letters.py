"""`nk dead-letters`: messages that could not be used, what is in them, and what is to be done about them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.serving import read, send
from nk_common.api.dead_letters import DeadLetter, DeadLetterDetail, DeadLetters, LetterContent, LetterTable
from nk_common.events.letters import resolved_already

_PATH = "/v1/pipeline/dead-letters"
_POLL = 0.3
DONE_WITHIN = 30.0
"""Seconds in which a running extractor does what a command says."""


def ask_letters(client: httpx.Client, *, everything: bool, limit: int) -> DeadLetters:
    """The open ones, or all of them. Raises QueryApiAwayError."""
    state = "" if everything else "&state=open"
    return read(send(client, "GET", f"{_PATH}?limit={limit}{state}"), DeadLetters)


def ask_letter(client: httpx.Client, letter: int) -> DeadLetterDetail:
    """Raises RefusedError when there is no such letter, QueryApiAwayError."""
    response = send(client, "GET", f"{_PATH}/{letter}")
    if response.status_code == httpx.codes.NOT_FOUND:
        raise RefusedError(
            f"There is no dead letter {letter}; nk dead-letters list --all shows those there are."
        )
    return read(response, DeadLetterDetail)


def check_open(found: DeadLetterDetail, *, retried: bool) -> None:
    """Raises RefusedError when something was done about it already, or nothing is left to be retried."""
    letter = found.letter
    if letter.resolution is not None:
        raise RefusedError(resolved_already(letter.id, letter.resolution))
    if retried and found.gone is not None:
        raise RefusedError(f"Dead letter {letter.id} cannot be retried. {found.gone.en}")


def wait_for(client: httpx.Client, letter: int, sleep: Callable[[float], None] = time.sleep) -> DeadLetter:
    """The letter once something was done about it. Raises RefusedError when that takes too long."""
    waited = 0.0
    while (found := ask_letter(client, letter).letter).resolution is None:
        if waited >= DONE_WITHIN:
            raise RefusedError(
                f"The command was posted, and nothing was done about dead letter {letter} within {DONE_WITHIN:.0f} "
                "seconds. Is the extractor running? It still does it when it is back."
            )
        sleep(_POLL)
        waited += _POLL
    return found


def show_letters(console: Console, letters: DeadLetters) -> None:
    """A line for each, then what is wrong with it, which has no room in a table."""
    if not letters.letters:
        console.print("No message is left to be looked at.")
        return
    table = Table(box=SIMPLE_HEAD, title=f"{letters.open} open, {letters.resolved} resolved")
    for name in ("letter", "given up at", "from", "about", "state"):
        table.add_column(name, no_wrap=name != "from")
    for one in letters.letters:
        about = f"{one.dataset} {one.day or ''}".strip() if one.dataset else "-"
        state = one.resolution or "[red]open[/red]"
        table.add_row(str(one.id), f"{one.at:%Y-%m-%d %H:%M} UTC", escape(one.topic), about, state)
    console.print(table)
    for one in letters.letters:
        console.print(f"{one.id}: {escape(one.message)}", soft_wrap=True, highlight=False)
    if letters.total > len(letters.letters):
        console.print(f"... and {letters.total - len(letters.letters)} more; --limit shows them.")


def show_letter(console: Console, found: DeadLetterDetail) -> None:
    """What is known of it, line by line, then the message."""
    for name, value in _facts(found):
        console.print(f"{name:>10}  {escape(value)}", soft_wrap=True, highlight=False)
    console.print()
    if found.content is None:
        console.print(found.gone.en if found.gone else "", soft_wrap=True, highlight=False)
    else:
        _show_content(console, found.content)


def show_done(console: Console, letters: Sequence[DeadLetter]) -> None:
    for one in letters:
        console.print(f"Dead letter {one.id} is {one.resolution}.", highlight=False)


def as_json(letters: Sequence[DeadLetter]) -> str:
    return json.dumps([one.model_dump(mode="json") for one in letters])


def _facts(found: DeadLetterDetail) -> list[tuple[str, str]]:
    one = found.letter
    done = f"{one.resolution} by {one.resolved_by or '?'} at {one.resolved_at}" if one.resolution else "open"
    facts = [
        ("letter", str(one.id)),
        ("given up", f"{one.at} by {one.stage or '?'}, tried {one.attempts or '?'} times"),
        ("from", f"{one.topic}, partition {one.source_partition}, offset {one.source_offset}"),
        ("about", f"{one.dataset or '-'} {one.day or ''}".strip()),
        ("wrong", f"{one.error}: {one.message}"),
        ("state", f"{done}{f': {one.resolution_reason}' if one.resolution_reason else ''}"),
    ]
    if one.retry_of is not None:
        facts.append(("retry of", str(one.retry_of)))
    if found.retries:
        facts.append(("failed as", ", ".join(str(again.id) for again in found.retries)))
    return facts


def _show_content(console: Console, content: LetterContent) -> None:
    for name, value in content.headers.items():
        console.print(f"{escape(name)}: {escape(value)}", soft_wrap=True, highlight=False)
    console.print()
    if content.kind == "json":
        console.print_json(json.dumps(content.document))
    elif content.table is not None:
        _show_table(console, content.table)
    else:
        what = "as hexadecimal numbers" if content.preview_is_hex else "as text"
        console.print(f"{content.bytes} bytes, the first of them {what}:")
        console.print(escape(content.preview or ""), soft_wrap=True, highlight=False)


def _show_table(console: Console, rows: LetterTable) -> None:
    """Turned on its side: there are more columns than a screen has room for."""
    console.print(f"{escape(rows.name)}: {rows.rows} rows, the first {len(rows.first)} of them:")
    table = Table("column", *(f"row {number + 1}" for number in range(len(rows.first))), box=SIMPLE_HEAD)
    for place, column in enumerate(rows.columns):
        table.add_row(escape(column), *(escape(row[place] or "") for row in rows.first))
    console.print(table)
