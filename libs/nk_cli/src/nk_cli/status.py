"""`nk status`: how every dataset is, and what is done next, asked of the running query API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nk_cli.serving import read, send
from nk_common.api.health import DatasetHealth, HealthState, PipelineHealth
from nk_common.api.schedules import Routine, Schedules

_LOOKS: dict[HealthState, str] = {
    "healthy": "[green]healthy[/green]",
    "late": "[yellow]late[/yellow]",
    "failing": "[red]failing[/red]",
}


def ask_health(client: httpx.Client) -> PipelineHealth:
    """What the query API says. Raises QueryApiAwayError when it does not, or does not know."""
    return read(send(client, "GET", "/v1/pipeline/health"), PipelineHealth)


def ask_schedules(client: httpx.Client) -> Schedules:
    """What is done by itself. Raises QueryApiAwayError."""
    return read(send(client, "GET", "/v1/pipeline/schedules"), Schedules)


def show_schedules(console: Console, found: Schedules) -> None:
    """Two lines: which jobs fire next, and whether the change watch and catch-up are on."""
    zone = ZoneInfo(found.timezone)
    coming = sorted((job.next_at, job.name) for job in found.jobs if job.next_at)
    named = ", ".join(f"{name} {_clock(at, found.at, zone)}" for at, name in coming)
    console.print(f"Next: {named or 'nothing'}.", soft_wrap=True, highlight=False)
    routines = (("change watch", found.watch), ("catch-up", found.catch_up))
    states = [f"{name} {_state(routine, found.at)}" for name, routine in routines]
    console.print(f"By itself: {', '.join(states)}.", soft_wrap=True, highlight=False)


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
    lines = (
        *_outage(health),
        *_reasons(health),
        *_advice(health),
        f"{_LOOKS[health.state]}: {health.reason.en}",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def _outage(health: PipelineHealth) -> Iterator[str]:
    """What is wrong with the whole, before what comes of it."""
    if health.odoo_away:
        yield f"[red]Odoo is away[/red]: {escape(health.odoo_away.reason.en)} {escape(health.odoo_away.advice.en)}"


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


def _clock(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """By the shop's clock; of another day also the day."""
    local = moment.astimezone(zone)
    same = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M}" if same else f"{local:%Y-%m-%d %H:%M}"


def _state(routine: Routine | None, now: datetime) -> str:
    if routine is None:
        return "not known"
    if not routine.enabled:
        return "off"
    if routine.last_look is None:
        return "on (has not looked yet)" if routine.failing_since is None else "on (cannot look)"
    if routine.failing_since is not None:
        return f"on (cannot look; looked {_ago(routine.last_look, now)})"
    return f"on (looked {_ago(routine.last_look, now)})"


def _ago(moment: datetime, now: datetime) -> str:
    return f"{max(0, round((now - moment).total_seconds()))} s ago"
