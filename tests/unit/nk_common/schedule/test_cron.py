"""Cron expressions in zones with and without changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_common.schedule.cron import checked, next_firing, previous_firing

ZONES = [
    ZoneInfo(name) for name in ("Asia/Jakarta", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
]
CRONS = [
    "0 2 * * *",
    "30 2 * * *",
    "45 1 * * *",
    "5 2 * * 1-5",
    "0 */4 * * *",
    "*/15 * * * *",
    "30 1,2,3 * * *",
]
CHANGES = {
    "Asia/Jakarta": [],
    "Europe/Berlin": [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)],
    "America/New_York": [datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)],
}
DAY = timedelta(days=1)


def moments(zone: ZoneInfo) -> st.SearchStrategy[datetime]:
    """Of 2026; half of them within two days of a change of the clock."""
    seconds = st.integers(0, 364 * 86_400).map(
        lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
    )
    changes = CHANGES[zone.key]
    if not changes:
        return seconds
    near = st.builds(
        lambda change, off: change + timedelta(seconds=off),
        st.sampled_from(changes),
        st.integers(-172_800, 172_800),
    )
    return seconds | near


def firings(cron: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    found, at = [], start
    while (after := next_firing(cron, at, zone)) is not None and after <= end:
        found.append(after)
        at = after
    return found


def expected(cron: str, zone: ZoneInfo, start: datetime, end: datetime) -> set[datetime]:
    """By brute force, minute by minute of real time: the first moment at which the wall shows or has passed a time
    of the expression that it has not shown yet on its way."""
    found: set[datetime] = set()
    latest = (start - DAY).astimezone(zone).replace(tzinfo=None)
    moment = start - DAY
    while moment <= end:
        wall = moment.astimezone(zone).replace(tzinfo=None)
        passed = latest + timedelta(minutes=1)
        while passed <= wall:  # several at once where the clock goes forward, none where it goes back
            if matches(cron, passed) and start < moment:
                found.add(moment)
            passed += timedelta(minutes=1)
        latest = max(latest, wall)
        moment += timedelta(minutes=1)
    return found


def matches(cron: str, wall: datetime) -> bool:
    minute, hour, _, _, weekday = cron.split()
    return (
        _has(minute, wall.minute, 60)
        and _has(hour, wall.hour, 24)
        and _has(weekday, wall.isoweekday() % 7, 7)
    )


def _has(field: str, value: int, size: int) -> bool:
    if field == "*":
        return True
    if field.startswith("*/"):
        return value in range(0, size, int(field[2:]))
    if "-" in field:
        first, last = field.split("-")
        return int(first) <= value <= int(last)
    return value in {int(one) for one in field.split(",")}


@pytest.mark.parametrize("zone", ZONES, ids=lambda z: z.key)
@pytest.mark.parametrize("cron", CRONS)
def test_every_time_of_the_wall_fires_once_around_changes(zone: ZoneInfo, cron: str) -> None:
    """Against a second implementation that walks minute by minute, over every change of the year."""
    for change in CHANGES[zone.key] or [datetime(2026, 6, 1, tzinfo=UTC)]:
        start, end = change - 2 * DAY, change + 2 * DAY
        assert set(firings(cron, zone, start, end)) == expected(cron, zone, start, end)


@pytest.mark.parametrize("zone", ZONES, ids=lambda z: z.key)
@given(data=st.data(), cron=st.sampled_from(CRONS))
def test_previous_and_next_are_neighbours(zone: ZoneInfo, data: st.DataObject, cron: str) -> None:
    """Nothing lies between them, and each leads back to the other."""
    now = data.draw(moments(zone))
    before, after = previous_firing(cron, now, zone), next_firing(cron, now, zone)
    assert before is not None
    assert after is not None
    assert before <= now < after
    assert next_firing(cron, before, zone) == after
    assert previous_firing(cron, after - timedelta(seconds=1), zone) == before
    assert previous_firing(cron, after, zone) == after, "a moment that fires is its own previous one"


@pytest.mark.parametrize("zone", ZONES, ids=lambda z: z.key)
@pytest.mark.parametrize("cron", ["0 2 * * *", "30 2 * * *", "45 1 * * *"])
def test_a_daily_job_fires_once_a_day_all_year(zone: ZoneInfo, cron: str) -> None:
    year = (datetime(2026, 1, 1, tzinfo=zone), datetime(2026, 12, 31, 23, 59, tzinfo=zone))
    days = [
        moment.astimezone(zone).date() for moment in firings(cron, zone, *(at.astimezone(UTC) for at in year))
    ]
    assert days == [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize(
    ("zone", "now", "fires"),
    [
        # 02:00 to 03:00 is left out: 02:30 is the moment at which clocks show 03:00.
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        # 02:30 comes twice: the first counts, and in the second nothing happens.
        ("Europe/Berlin", "2026-10-24T12:00+02:00", "2026-10-25T02:30+02:00"),
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),
        ("Europe/Berlin", "2026-10-25T02:15+01:00", "2026-10-26T02:30+01:00"),
        # Half an hour is left out, up to and without 02:30 itself.
        ("Australia/Lord_Howe", "2026-10-03T12:00+10:30", "2026-10-04T02:30+11:00"),
        ("Asia/Jakarta", "2026-11-29T02:30+07:00", "2026-11-30T02:30+07:00"),
    ],
)  # fmt: skip
def test_half_past_two(zone: str, now: str, fires: str) -> None:
    found = next_firing("30 2 * * *", datetime.fromisoformat(now), ZoneInfo(zone))
    assert found == datetime.fromisoformat(fires)


def test_an_empty_expression_never_fires() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert next_firing("", now, ZONES[0]) is None
    assert previous_firing("", now, ZONES[0]) is None


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("02:00", "no schedule"),
        ("0 2 * *", "no schedule"),
        ("0 0 2 * * *", "no schedule"),
        ("61 2 * * *", "the minute cannot be understood"),
        ("0 25 * * *", "the hour cannot be understood"),
        ("0 2 * * FUN", "the day-of-week cannot be understood"),
        ("0 0 30 2 *", "the day-of-month"),
        ("every day at two o'clock please", "cannot be understood|no schedule"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(cron: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(cron)


@pytest.mark.parametrize(("cron", "tidy"), [(" 0  2 * * * ", "0 2 * * *"), ("", ""), ("  ", "")])
def test_what_can_be_meant_is_tidied(cron: str, tidy: str) -> None:
    assert checked(cron) == tidy
