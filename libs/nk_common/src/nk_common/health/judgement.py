"""From the ledger's rows to healthy, late or failing, with the reason and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from nk_common.api.common import Text
from nk_common.api.health import (
    DatasetHealth,
    FindingCode,
    HealthDays,
    HealthFinding,
    HealthState,
    OdooAway,
    PipelineHealth,
)
from nk_common.datasets import REGISTRY
from nk_common.datasets.base import Dataset, Freshness
from nk_common.errors import NotDerivableError, is_odoo_away
from nk_common.health import sentences as words
from nk_common.health.facts import Facts, Window, facts_of
from nk_common.health.limits import Limits
from nk_common.health.outage import Outage

if TYPE_CHECKING:
    from nk_common.ledger.reader import Reading

DAYS_LISTED = 31
_GRAVITY: dict[HealthState, int] = {"failing": 0, "late": 1, "healthy": 2}
# Nobody need be called for what somebody did on purpose.
_BY_PAUSE: frozenset[FindingCode] = frozenset({"never-read", "old", "early-days", "missing-days", "waiting"})


@dataclass(frozen=True)
class _Case:
    """One dataset that is judged."""

    dataset: Dataset
    facts: Facts
    window: Window
    limits: Limits

    @property
    def age(self) -> timedelta | None:
        """None when nothing was read. A reading of the future (clocks differ) has no age."""
        until = self.facts.read_until
        return max(timedelta(), self.window.now - until) if until else None


def judge(
    readings: Iterable[Reading],
    window: Window,
    limits: Callable[[Freshness], Limits],
    paused: Mapping[str, datetime] | None = None,
    datasets: Sequence[Dataset] = REGISTRY,
    away: Outage | None = None,
) -> PipelineHealth:
    """Every dataset of `datasets`, in that order, and all of them together.

    `readings` are the ledger's rows of the window; `paused` says since when datasets are not read on purpose, and
    `away` that Odoo does not answer: what becomes late by that says so.
    """
    by_dataset: dict[str, list[Reading]] = {}
    for row in readings:
        by_dataset.setdefault(row.dataset, []).append(row)
    judged = [
        _judged(
            _Case(one, facts_of(one, by_dataset.get(one.name, ()), window), window, limits(one.freshness)),
            paused or {},
            away,
        )
        for one in datasets
    ]
    states: list[HealthState] = [one.state for one in judged]
    worst: HealthState = min(states, key=_GRAVITY.__getitem__, default="healthy")
    return PipelineHealth(
        at=window.now,
        state=worst,
        reason=words.overall(worst, states.count("late"), states.count("failing")),
        window_start=window.start,
        window_end=window.today,
        odoo_away=_odoo_away(away, window) if away else None,
        datasets=judged,
    )


def _odoo_away(away: Outage, window: Window) -> OdooAway:
    reason = _said(away, window, away.error)
    return OdooAway(since=away.since, tried_at=away.tried_at, reason=reason, advice=_mend(away))


def _said(away: Outage, window: Window, error: str) -> Text:
    say = words.shut_out if away.refused else words.away
    return say(away.since, window.now, window.zone, error)


def _mend(away: Outage) -> Text:
    return words.CHECK_KEY if away.refused else words.CHECK_ODOO


def _judged(case: _Case, paused: Mapping[str, datetime], away: Outage | None) -> DatasetHealth:
    found = list(_excused(list(_findings(case)), _pause(case, paused)))
    if away:
        found = list(_explained(case, found, away))
    found.sort(key=lambda one: _GRAVITY[one.state])
    first, facts, age = next(iter(found), None), case.facts, case.age
    return DatasetHealth(
        dataset=case.dataset.name,
        title=Text(id=case.dataset.title_id, en=case.dataset.title_en),
        kind=case.dataset.kind,
        state=first.state if first else "healthy",
        reason=first.reason if first else words.well(age or timedelta()),
        advice=first.advice if first else None,
        read_until=facts.read_until,
        age_seconds=age.total_seconds() if age is not None else None,
        late_after=case.limits.late.total_seconds(),
        failing_after=case.limits.failing.total_seconds(),
        newest_complete_day=facts.newest_complete_day,
        oldest_request=facts.oldest_request,
        paused_since=paused.get(case.dataset.name),
        days=HealthDays(
            window=len(facts.due),
            loaded=facts.loaded,
            missing=len(facts.missing),
            failed=len(facts.failed),
            running=len(facts.running),
        ),
        findings=found,
    )


def _findings(case: _Case) -> Iterator[HealthFinding]:
    yield from _of_age(case)
    yield from _of_failures(case)
    yield from _of_early_days(case)
    yield from _of_gaps(case)


def _of_age(case: _Case) -> Iterator[HealthFinding]:
    age, facts = case.age, case.facts
    error = facts.last_error
    if age is None:
        state = _never_read(case)
        text = words.never_read(error, waits=state == "late")
        yield _finding("never-read", state, text, words.WAIT if state == "late" else _cure(error))
        return
    grade = case.limits.grade(age)
    if grade:
        yield _finding("old", grade, words.old(age, case.limits.late, error), _cure(error))


def _never_read(case: _Case) -> Literal["late", "failing"]:
    """Late while it is on its way for the first time, was taken back, or waits for what it is made of."""
    facts, asked = case.facts, case.facts.oldest_request
    if asked is not None:
        tried = any(row.error_class for row in facts.running)
        return "failing" if tried or case.window.now - asked > case.limits.failing else "late"
    if facts.failed:
        return "failing"
    return "late" if facts.rows or case.dataset.rebuilt == "always" else "failing"


def _of_failures(case: _Case) -> Iterator[HealthFinding]:
    """Of past days. Today is tried again every few minutes: its age tells when that does not help."""
    waits: list[Reading] = []
    without: list[Reading] = []
    held: list[Reading] = []
    for row in case.facts.past(case.facts.failed):
        refused = row.error_class == NotDerivableError.__name__
        (waits if refused else held if row.loaded else without).append(row)
    if without:
        text = words.failed_without_figures(_days(without), _newest_error(without))
        yield _finding("failed-days", "failing", text, words.READ_ERROR, _days(without))
    if held:
        text = words.failed_with_figures(_days(held), _newest_error(held))
        yield _finding("failed-days", "late", text, words.READ_ERROR, _days(held))
    if waits:
        text = words.not_derivable(_days(waits), _newest_error(waits))
        yield _finding("failed-days", "late", text, words.LOAD_INPUTS, _days(waits))


def _of_early_days(case: _Case) -> Iterator[HealthFinding]:
    """Days that are over and were last read before; the extractor reads them again soon after midnight."""
    overdue = {day: case.limits.grade(case.window.now - case.window.ends(day)) for day in case.facts.early}
    days = [day for day, grade in overdue.items() if grade]
    if days:
        state: Literal["late", "failing"] = "failing" if "failing" in overdue.values() else "late"
        yield _finding("early-days", state, words.early(days), words.CHECK_EXTRACTOR, days)


def _of_gaps(case: _Case) -> Iterator[HealthFinding]:
    """Days without figures, and days that should be read again and are not.

    Both only make late: a load of many days takes its time, and whether anything still moves is told by the age.
    """
    if case.age is None:
        return  # said already
    facts, now = case.facts, case.window.now
    known = {row.day for row in facts.rows if row.loaded or row.state == "failed"}
    absent = [day for day in facts.due if day and day != facts.current and day not in known]
    if absent:
        yield _finding("missing-days", "late", words.missing(absent), words.WAIT, absent)
    again = [
        row for row in facts.past(facts.running) if row.loaded and now - row.requested_at > case.limits.late
    ]
    if again:
        longest = now - min(row.requested_at for row in again)
        yield _finding("waiting", "late", words.waiting(_days(again), longest), words.WAIT, _days(again))


def _pause(case: _Case, paused: Mapping[str, datetime]) -> Text | None:
    """What is said of a dataset that is paused, or made of one that is."""
    name, now = case.dataset.name, case.window.now
    if name in paused:
        return words.paused(now - paused[name])
    inputs = [paused[one] for one in case.dataset.made_of if one in paused]
    return words.inputs_paused(now - min(inputs)) if inputs else None


def _excused(found: Sequence[HealthFinding], pause: Text | None) -> Iterator[HealthFinding]:
    """What comes of a pause is said as that, and no failure; days that failed are still failures."""
    if pause and any(one.code in _BY_PAUSE for one in found):
        yield _finding("paused", "late", pause, words.RESUME)
    yield from (one for one in found if pause is None or one.code not in _BY_PAUSE)


def _explained(case: _Case, found: Iterable[HealthFinding], away: Outage) -> Iterator[HealthFinding]:
    """What comes of an Odoo that is away says so."""
    error = "" if case.facts.last_error else away.error  # said already
    cause = _said(away, case.window, error)
    for one in found:
        if not _comes_of(away, case, one.code):
            yield one
            continue
        said = {"reason": words.because(one.reason, cause), "advice": _mend(away), "cause": "odoo-away"}
        yield one.model_copy(update=said)


def _comes_of(away: Outage, case: _Case, code: FindingCode) -> bool:
    """What was late already when Odoo went away has another cause, and so may have days that failed."""
    facts, limits = case.facts, case.limits
    if code == "old":
        return facts.read_until is not None and limits.grade(away.since - facts.read_until) is None
    if code == "early-days":
        return all(limits.grade(away.since - case.window.ends(day)) is None for day in facts.early)
    if code == "never-read":
        return all(is_odoo_away(row.error_class) for row in facts.failed)
    return code in {"missing-days", "waiting"}


def _cure(error: str | None) -> Text:
    return words.READ_ERROR if error else words.CHECK_EXTRACTOR


def _days(rows: Iterable[Reading]) -> list[date]:
    return sorted(row.day for row in rows if row.day)


def _newest_error(rows: Sequence[Reading]) -> str | None:
    return max(rows, key=lambda row: row.day or date.min).error


def _finding(
    code: FindingCode,
    state: Literal["late", "failing"],
    reason: Text,
    advice: Text,
    days: Sequence[date] = (),
) -> HealthFinding:
    return HealthFinding(
        code=code, state=state, reason=reason, advice=advice, days=sorted(days)[:DAYS_LISTED]
    )
