"""Derived tables of the serving database against what they are made of, recomputed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from nk_query_api.serving.checking.digests import (
    NOTHING,
    Columns,
    by_day,
    columns_of,
    difference,
    portrait,
    recast,
)
from nk_query_api.serving.checking.facts import HeldDays
from nk_query_api.serving.checking.findings import Findings
from nk_query_api.serving.rollups import ROLLUPS, Rollup
from nk_query_api.serving.snapshot import Snapshot

Span = tuple[date, date]


def check_rollups(look: Snapshot, held: HeldDays, findings: Findings) -> None:
    """Every derived table, in the order in which they are made of each other: the first finding is the cause."""
    for rollup in ROLLUPS:
        days = {key.day for key in held if key.day and key.dataset in rollup.feeds}
        check_rollup(look, rollup, days, findings)
        findings.rollups += 1
        findings.done += 1


def check_rollup(look: Snapshot, rollup: Rollup, days: Collection[date], findings: Findings) -> None:
    """One derived table; `days` are those of which anything that it is made of is held."""
    columns = columns_of(look, rollup.name, rollup.day)
    held = by_day(look.rows, rollup.name, columns)
    if "$1" not in rollup.select:
        expected = by_day(look.rows, recast(rollup.select, columns), columns)
    else:
        expected = {}
        for start, end in _months({*days, *(day for day in held if day)}):
            # A month at a time, or the recomputation would need the memory of all of them.
            expected.update(by_day(look.rows, recast(rollup.select, columns), columns, (start, end)))
    for day in sorted({*held, *expected}, key=lambda day: day or date.min):
        if held.get(day, NOTHING) != expected.get(day, NOTHING):
            findings.add(rollup.name, day, _explain(look, rollup, columns, day, findings))
    for day in _without_source(held, rollup, days):
        findings.add(rollup.name, day, f"{held[day][0]} rows of what is not held.")


def _without_source(held: Collection[date | None], rollup: Rollup, days: Collection[date]) -> list[date]:
    known = {day.replace(day=1) for day in days} if rollup.period == "month" else set(days)
    return sorted(day for day in held if day and day not in known)


def _months(days: Collection[date]) -> Iterator[Span]:
    """The months that the days lie in, ends exclusive."""
    for start in sorted({day.replace(day=1) for day in days}):
        yield start, _after(start)


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _explain(look: Snapshot, rollup: Rollup, columns: Columns, day: date | None, findings: Findings) -> str:
    if not findings.explains:
        return "Other rows than what it is made of."
    where = f"{columns.day} IS NOT DISTINCT FROM "
    mine = look.row(portrait(rollup.name, columns, f"{where}$1"), [day])
    query = recast(rollup.select, columns)
    if day is None or "$1" not in rollup.select:
        other = look.row(portrait(query, columns, f"{where}$1"), [day])
    else:
        end = _after(day) if rollup.period == "month" else day + timedelta(days=1)
        other = look.row(portrait(query, columns, f"{where}$3"), [day, end, day])
    return difference(mine, other, columns)
