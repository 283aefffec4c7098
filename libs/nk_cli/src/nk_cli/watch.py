"""`nk watch`: what the stages do, as it happens, from the live events of the query API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import httpx
import typer
from pydantic import ValidationError

from nk_cli import names
from nk_cli.asking import query_api, unavailable_is_said
from nk_cli.serving import QueryApiAwayError, read
from nk_cli.settings import ApiSettings
from nk_common.api.pipeline import PipelineEvent
from nk_common.datasets import expand
from nk_common.settings import load

_EVENTS = "/v1/pipeline/events"
_QUIET = httpx.Timeout(10.0, read=45.0)
"""A sign of life comes every 15 seconds."""
_PAUSE = 2.0

Say = Callable[[PipelineEvent], None]
Note = Callable[[str], None]


def watch(
    dataset: Annotated[
        list[str] | None, typer.Option(help="Only these; repeat for several.", autocompletion=names.datasets)
    ] = None,
    run: Annotated[str | None, typer.Option(help="Only what this run does.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what the stages do, as it happens, until Ctrl-C.

    Connects again when the query API goes away; what happened meanwhile is on the Data Sync page. Exit code 0 after
    Ctrl-C, 69 when the query API does not answer at the start.
    """
    wanted = {one.name for one in expand(dataset)} if dataset else None
    zone = load(ApiSettings).zone

    def say(event: PipelineEvent) -> None:
        if (wanted is None or event.dataset in wanted) and run in (None, event.run_id):
            typer.echo(event.model_dump_json() if as_json else as_line(event, zone))

    try:
        with unavailable_is_said(), query_api() as client:
            follow(client, say, lambda words: typer.echo(words, err=True))
    except KeyboardInterrupt:
        raise typer.Exit from None


def follow(client: httpx.Client, say: Say, note: Note, sleep: Callable[[float], None] = time.sleep) -> None:
    """Every event, without end. Raises QueryApiAwayError when the first connection fails; later on it tries again."""
    _listen(client, say, lambda: note("Watching. Ctrl-C ends it."))
    while True:
        note("The connection ended; connecting again ...")
        _again(client, say, note, sleep)


def events(lines: Iterable[str]) -> Iterator[PipelineEvent]:
    """What a stream of server-sent events tells. What another release tells is passed over."""
    for line in lines:
        if line.startswith("data:"):
            try:
                yield PipelineEvent.model_validate_json(line.removeprefix("data:"))
            except ValidationError:
                continue


def as_line(event: PipelineEvent, zone: ZoneInfo) -> str:
    """When, who, what, about which day, and how much; by the shop's clock."""
    about = " ".join(str(part) for part in (event.dataset, event.day) if part)
    parts = [f"{event.at.astimezone(zone):%H:%M:%S}", f"{event.stage:<8}", f"{event.outcome:<13}", about]
    if event.rows is not None:
        parts.append(f"{event.rows} rows")
    if event.error:
        parts.append(event.error)
    return " ".join(parts).rstrip()


def _again(client: httpx.Client, say: Say, note: Note, sleep: Callable[[float], None]) -> None:
    """Until there is a connection once more, and that has ended."""
    while True:
        sleep(_PAUSE)
        try:
            _listen(client, say, lambda: note("Connected again."))
        except QueryApiAwayError:
            continue
        return


def _listen(client: httpx.Client, say: Say, connected: Callable[[], None]) -> None:
    """One connection, to its end. Raises QueryApiAwayError when there is none."""
    is_open = False
    try:
        with client.stream("GET", _EVENTS, timeout=_QUIET) as response:
            if not response.is_success:
                response.read()
                read(response, PipelineEvent)  # raises, with the reason
            is_open = True
            connected()
            for event in events(response.iter_lines()):
                say(event)
    except httpx.HTTPError as error:
        if not is_open:
            raise QueryApiAwayError(
                f"The query API at {client.base_url} does not answer ({error}). Is nkdash running, and is "
                "NK_QUERY_API_URL right?"
            ) from error
