"""`nk status`: how every dataset is, asked of the running query API."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nk_cli.serving import read, send
from nk_common.api.health import DatasetHealth, HealthState, PipelineHealth

_LOOKS: dict[HealthState, str] = {
    "healthy": "[green]healthy[/green]",
    "late": "[yellow]late[/yellow]",
    "failing": "[red]failing[/red]",
}


def ask_health(client: httpx.Client) -> PipelineHealth:
    """What the query API says. Raises QueryApiAwayError when it does not, or does not know."""
    return read(send(client, "GET", "/v1/pipeline/health"), PipelineHealth)


def show_health(console: Console, health: PipelineHealth) -> None:
    """A line for each dataset; then every reason, which has no room in a table, and what to do; then the whole."""
    table = Table(box=SIMPLE_HEAD, title=f"Days from {health.window_start} to {health.window_end}")
    for name in ("dataset", "state", "age"):
        table.add_column(name, no_wrap=True)
    for name in ("loaded", "missing", "failed"):
        table.add_column(name, justify="right")
    for one in health.datasets:
        days, loaded = one.days, f"{one.days.loaded}/{one.days.window}"
        table.add_row(one.dataset, _LOOKS[one.state], _age(one), loaded, str(days.missing), str(days.failed))
    console.print(table)
    for line in (*_reasons(health), *_advice(health), f"{_LOOKS[health.state]}: {health.reason.en}"):
        console.print(line, soft_wrap=True, highlight=False)


def _reasons(health: PipelineHealth) -> Iterator[str]:
    for one in health.datasets:
        for finding in one.findings:
            yield f"{one.dataset} is {_LOOKS[finding.state]}: {escape(finding.reason.en)}"


def _advice(health: PipelineHealth) -> Iterator[str]:
    """Once each, with all the datasets that it is for."""
    datasets: dict[str, list[str]] = {}
    for one in health.datasets:
        for advice in dict.fromkeys(finding.advice.en for finding in one.findings):
            datasets.setdefault(advice, []).append(one.dataset)
    for advice, names in datasets.items():
        yield f"What to do for {', '.join(names)}: {advice}"


def _age(one: DatasetHealth) -> str:
    """In few letters. Of what was never read there is none."""
    if one.age_seconds is None:
        return "-"
    minutes = int(one.age_seconds // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"
