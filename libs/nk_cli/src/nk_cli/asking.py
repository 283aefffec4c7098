"""The running query API, as commands ask it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import typer
from rich.console import Console
from rich.markup import escape

from nk_cli.endings import EXIT_UNAVAILABLE
from nk_cli.serving import QueryApiAwayError
from nk_cli.settings import ApiSettings
from nk_common.settings import load


def query_api() -> httpx.Client:
    """A client of the query API that NK_QUERY_API_URL names."""
    # Proxies are for the internet, and the query API is not there.
    return httpx.Client(base_url=str(load(ApiSettings).query_api_url), trust_env=False)


@contextlib.contextmanager
def unavailable_is_said() -> Iterator[None]:
    """A query API that cannot say how things are ends the command with an exit code of its own."""
    try:
        yield
    except QueryApiAwayError as error:
        Console(stderr=True).print(f"[red]{escape(str(error))}[/red]", highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_UNAVAILABLE) from None
