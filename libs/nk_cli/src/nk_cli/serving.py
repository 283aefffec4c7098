"""`nk serving`: fills the serving database anew, or proves it, by asking the running query API."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from nk_common.api.common import Problem
from nk_common.api.serving import CheckAccepted, RebuildAccepted, ServingCheck, ServingState, Steps
from nk_common.errors import TransientError

Answer = TypeVar("Answer", bound=BaseModel)
_POLL = 0.3
_PATIENCE = 30.0


class QueryApiAwayError(TransientError):
    """The query API does not answer, or says that it cannot."""


@dataclass(frozen=True)
class Serving:
    """The serving database of the query API that `client` reaches. Everything may raise QueryApiAwayError."""

    client: httpx.Client
    console: Console
    sleep: Callable[[float], None] = field(default=time.sleep)

    def rebuild(self) -> ServingState:
        """Fill it anew from the lake, showing how far that is; returns what it holds then."""
        read(send(self.client, "POST", "/v1/serving/rebuild"), RebuildAccepted)
        return self._follow(
            "Filling the serving database",
            self._state,
            lambda state: state.progress,
            lambda state: state.rebuilding,
        )

    def check(self) -> ServingCheck:
        """Compare it with the lake, showing how far that is; returns what was found."""
        read(send(self.client, "POST", "/v1/serving/checks"), CheckAccepted)
        return self._follow(
            "Comparing with the lake",
            self._check,
            lambda check: check.progress,
            lambda check: check.state == "running",
        )

    def _follow(
        self,
        title: str,
        ask: Callable[[], Answer],
        steps: Callable[[Answer], Steps],
        goes_on: Callable[[Answer], bool],
    ) -> Answer:
        with Progress(console=self.console, transient=True) as progress:
            task = progress.add_task(title, total=None)
            while goes_on(found := ask()):
                done = steps(found)
                progress.update(task, completed=done.done, total=done.total or None)
                self.sleep(_POLL)
        return found

    def _state(self) -> ServingState:
        return read(send(self.client, "GET", "/v1/serving"), ServingState)

    def _check(self) -> ServingCheck:
        return read(send(self.client, "GET", "/v1/serving/checks"), ServingCheck)


def send(client: httpx.Client, method: str, path: str) -> httpx.Response:
    """The answer of the query API, whatever it says. Raises QueryApiAwayError."""
    try:
        return client.request(method, path, timeout=_PATIENCE)
    except httpx.HTTPError as error:
        raise QueryApiAwayError(
            f"The query API at {client.base_url} does not answer ({error}). Is nkdash running, and is "
            "NK_QUERY_API_URL right?"
        ) from error


def read(response: httpx.Response, kind: type[Answer]) -> Answer:
    """What it says. Raises QueryApiAwayError, with its reason where it gives one."""
    try:
        if response.is_success:
            return kind.model_validate_json(response.content)
        raise QueryApiAwayError(Problem.model_validate_json(response.content).detail)
    except ValidationError as error:
        raise QueryApiAwayError(
            f"The query API gave an answer that this version of nk does not understand (status {response.status_code})."
        ) from error


def show_state(console: Console, state: ServingState) -> None:
    """One line for each dataset that is held."""
    table = Table(title=f"{state.partitions} partitions, {state.size_bytes / 1e6:,.1f} MB")
    for name in ("dataset", "first day", "last day"):
        table.add_column(name, no_wrap=True)
    table.add_column("partitions", justify="right")
    for one in state.datasets:
        table.add_row(one.dataset, str(one.first_day or ""), str(one.last_day or ""), str(one.partitions))
    console.print(table)


def show_check(console: Console, check: ServingCheck) -> None:
    """What was compared, and every finding that was kept."""
    if check.error:
        console.print(f"[red]The check came to no end: {check.error}[/red]", soft_wrap=True)
    for one in check.findings:
        console.print(f"[red]{one.table}[/red] {one.day or ''} {one.what}", soft_wrap=True, highlight=False)
    more = check.findings_total - len(check.findings)
    if more:
        console.print(f"... and {more} more findings.")
    console.print(
        f"{check.partitions} partitions with {check.rows} rows, and {check.rollups} derived tables were compared; "
        f"{check.behind} partitions are behind the lake; {check.findings_total} findings.",
        soft_wrap=True, highlight=False,
    )  # fmt: skip
