"""Healthy, late or failing: judged from rows, a clock and thresholds, with results computed by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from nk_common.api.health import DatasetHealth, HealthState, PipelineHealth
from nk_common.datasets import DAILY, REGISTRY, by_name
from nk_common.datasets.base import Freshness
from nk_common.errors import ConfigurationError
from nk_common.health.facts import Window
from nk_common.health.judgement import judge
from nk_common.health.limits import Limits, limits_of
from nk_common.health.outage import Outage
from nk_common.health.sentences import span
from nk_common.ledger.reader import Reading
from nk_common.settings import KINDS, HealthSettings, load

JAKARTA = ZoneInfo("Asia/Jakarta")
LIMITS = Limits(late=timedelta(minutes=30), failing=timedelta(hours=2))
TODAY = date(2025, 12, 24)
NOON = datetime.fromisoformat("2025-12-24T12:00+07:00")


def at(text: str, zone: ZoneInfo = JAKARTA) -> datetime:
    """`2025-12-24 12:00` on the shop's wall, as the ledger keeps it: in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def row(day: str | None, as_of: datetime | None = None, state: str = "loaded", **other: Any) -> Reading:
    """A partition of pos; loaded where Odoo was read."""
    given = {"dataset": "pos", "requested_at": as_of or NOON, "error_class": None, "error": None, **other}
    parsed = date.fromisoformat(day) if day else None
    return Reading(day=parsed, state=state, loaded=as_of is not None, as_of=as_of, **given)


def whole_days(days: int, today: date = TODAY) -> list[Reading]:
    """The days before today, each read an hour after it was over."""
    ends = [(today - timedelta(days=n), today - timedelta(days=n - 1)) for n in range(1, days)]
    return [row(day.isoformat(), at(f"{end} 01:00")) for day, end in ends]


def judged(
    rows: Iterable[Reading],
    now: datetime = NOON,
    *,
    days: int = 3,
    dataset: str = "pos",
    zone: ZoneInfo = JAKARTA,
    paused: datetime | None = None,
) -> DatasetHealth:
    start = now.astimezone(zone).date() - timedelta(days=days - 1)
    window = Window(start, now.astimezone(UTC), zone)
    pauses = {dataset: paused} if paused else {}
    found = judge(
        [one._replace(dataset=dataset) for one in rows], window, lambda _: LIMITS, pauses, [by_name(dataset)]
    )
    return found.datasets[0]


def codes(found: DatasetHealth) -> list[tuple[str, str]]:
    return [(one.code, one.state) for one in found.findings]


@pytest.mark.parametrize(
    ("read", "state"),
    [
        ("2025-12-24 11:57", "healthy"),
        ("2025-12-24 11:30", "healthy"),  # exactly the limit still is
        ("2025-12-24 11:29", "late"),
        ("2025-12-24 10:00", "late"),
        ("2025-12-24 09:59", "failing"),
        ("2025-12-24 12:03", "healthy"),  # the clocks of two machines differ
    ],
)
def test_the_age_of_the_reading_decides(read: str, state: HealthState) -> None:
    found = judged([*whole_days(3), row("2025-12-24", at(read))])
    assert found.state == state
    assert found.age_seconds == max(0.0, (NOON - at(read)).total_seconds())
    assert found.newest_complete_day == date(2025, 12, 23)
    assert (found.advice is None) == (state == "healthy")


def test_a_reason_says_what_it_means_and_what_to_do_in_both_languages() -> None:
    old = judged([*whole_days(3), row("2025-12-24", at("2025-12-24 11:15"))])
    assert old.reason.en == (
        "Last read 45 minutes ago, and at most 30 minutes are expected; what changed since is not in the figures."
    )
    assert old.reason.id.startswith("Terakhir dibaca 45 menit yang lalu, seharusnya paling lama 30 menit;")
    assert old.advice
    assert "extractor" in old.advice.id
    well = judged([*whole_days(3), row("2025-12-24", at("2025-12-24 11:57"))])
    assert well.reason.en == "Read 3 minutes ago; nothing is missing."


def test_an_attempt_that_failed_explains_the_age_and_is_no_failure_by_itself() -> None:
    """Today is tried again every few minutes; that one of these fails is no news while the figures are young."""

    def failed(read: str) -> DatasetHealth:
        today = row(
            "2025-12-24", at(read), "failed", error="Odoo timed out.", error_class="OdooUnavailableError"
        )
        return judged([*whole_days(3), today])

    assert codes(failed("2025-12-24 11:50")) == []
    late = failed("2025-12-24 11:00")
    assert codes(late) == [("old", "late")]
    assert late.reason.en.endswith("The last error: Odoo timed out.")
    assert late.days.failed == 1


def test_a_quiet_shop_is_healthy() -> None:
    """A night without sales: what counts is that Odoo was asked."""
    night = at("2025-12-24 03:00")
    assert judged([*whole_days(3), row("2025-12-24", at("2025-12-24 02:56"))], night).state == "healthy"


@pytest.mark.parametrize(
    ("yesterday", "now", "age", "found"),
    [
        # Today has not been read; yesterday was, 5 minutes before it was over.
        ("2025-12-23 23:55", "2025-12-24 00:02", 7, []),
        # Read once more after midnight: of today nothing is known all the same.
        ("2025-12-24 00:01", "2025-12-24 00:03", 3, []),
        ("2025-12-24 00:01", "2025-12-24 00:31", 31, [("old", "late")]),
        # Half an hour after midnight yesterday still lacks its end.
        ("2025-12-23 23:55", "2025-12-24 00:31", 36, [("old", "late"), ("early-days", "late")]),
        ("2025-12-23 23:55", "2025-12-24 02:01", 126, [("old", "failing"), ("early-days", "failing")]),
    ],
)
def test_age_goes_on_evenly_over_midnight(
    yesterday: str, now: str, age: int, found: list[tuple[str, str]]
) -> None:
    health = judged([row("2025-12-23", at(yesterday))], at(now), days=2)
    assert health.age_seconds == age * 60
    assert codes(health) == found


def test_loading_an_old_day_again_makes_nothing_fresh() -> None:
    rows = [row("2025-12-22", at("2025-12-24 11:59")), row("2025-12-23", at("2025-12-24 00:10"))]
    health = judged([*rows, row("2025-12-24", at("2025-12-24 09:00"))])
    assert health.read_until == at("2025-12-24 09:00")
    assert health.state == "failing"


def test_a_past_day_that_was_read_too_early_is_late_then_failing() -> None:
    """Also while it is asked for again and again without coming through."""
    for state in ("loaded", "requested"):
        early = row("2025-12-23", at("2025-12-23 22:00"), state)
        today = row("2025-12-24", at("2025-12-24 01:59"))
        assert codes(judged([early, today], at("2025-12-24 01:59"), days=2))[0] == ("early-days", "late")
        today = row("2025-12-24", at("2025-12-24 02:01"))
        health = judged([early, today], at("2025-12-24 02:01"), days=2)
        assert codes(health)[0] == ("early-days", "failing")
        assert health.findings[0].days == [date(2025, 12, 23)]
        assert health.newest_complete_day is None


def test_a_snapshot_is_never_half_a_day() -> None:
    """Stock of yesterday was counted at 23:55, and is what it is."""
    rows = [row("2025-12-23", at("2025-12-23 23:55")), row("2025-12-24", at("2025-12-24 11:55"))]
    health = judged(rows, days=2, dataset="stock-quants")
    assert (health.state, health.newest_complete_day) == ("healthy", date(2025, 12, 23))
    assert codes(judged(rows, days=2)) == [("early-days", "failing")]


def test_days_without_figures_are_missing_and_late_whether_asked_for_or_not() -> None:
    today = row("2025-12-24", at("2025-12-24 11:57"))
    health = judged(
        [row("2025-12-22", None, "requested"), row("2025-12-21", None, "cancelled"), today], days=4
    )
    assert codes(health) == [("missing-days", "late")]
    assert health.findings[0].days == [date(2025, 12, 21), date(2025, 12, 22), date(2025, 12, 23)]
    assert (health.days.window, health.days.loaded, health.days.missing, health.days.running) == (4, 1, 2, 1)
    assert health.reason.en.startswith(
        "3 days are not loaded, and in no figure: 2025-12-23, 2025-12-22, 2025-12-21."
    )


def test_a_failed_day_without_figures_is_failing_and_one_with_older_figures_late() -> None:
    today = row("2025-12-24", at("2025-12-24 11:57"))
    without = row("2025-12-22", None, "failed", error="Access to pos.order was refused.")
    held = row("2025-12-23", at("2025-12-24 01:00"), "failed", error="Odoo timed out.")
    health = judged([without, held, today])
    assert codes(health) == [("failed-days", "failing"), ("failed-days", "late")]
    assert [one.days for one in health.findings] == [[date(2025, 12, 22)], [date(2025, 12, 23)]]
    assert health.reason.en == (
        "1 day failed and has no figures: 2025-12-22. The last error: Access to pos.order was refused."
    )
    assert judged([*whole_days(3)[1:], held, today]).state == "late"


def test_what_cannot_be_derived_yet_waits_for_its_inputs() -> None:
    """Those are failing where they fail; one cause is not told twice as loudly."""
    refused = row("2025-12-23", None, "failed", error_class="NotDerivableError", error="No sales.")
    health = judged([refused, row("2025-12-24", at("2025-12-24 11:57"))], days=2, dataset="profit")
    assert codes(health) == [("failed-days", "late")]
    assert health.advice
    assert "made by itself" in health.advice.en


def test_a_day_that_should_be_read_again_and_is_not_is_late_only() -> None:
    """In a long backfill it waits its turn, and shows earlier figures meanwhile."""

    def waits(since: str) -> DatasetHealth:
        again = row("2025-12-23", at("2025-12-24 01:00"), "requested", requested_at=at(since))
        return judged([again, row("2025-12-24", at("2025-12-24 11:57"))], days=2)

    assert codes(waits("2025-12-24 11:31")) == []
    health = waits("2025-12-24 08:00")
    assert codes(health) == [("waiting", "late")]
    assert health.oldest_request == at("2025-12-24 08:00")
    assert "the longest for 4 hours" in health.reason.en


@pytest.mark.parametrize(
    ("dataset", "rows", "state"),
    [
        ("pos", [], "failing"),
        ("profit", [], "late"),  # made when sales are there
        ("pos", [row("2025-12-24", None, "requested")], "late"),
        ("pos", [row("2025-12-24", None, "requested", requested_at=at("2025-12-24 09:59"))], "failing"),
        ("pos", [row("2025-12-24", None, "cancelled")], "late"),
        ("pos", [row("2025-12-24", None, "failed", error="No.")], "failing"),
        ("products", [row(None, None, "extracting")], "late"),
        ("products", [row(None, None, "failed", error="No.")], "failing"),
    ],
)
def test_what_was_never_read_has_no_age(dataset: str, rows: list[Reading], state: HealthState) -> None:
    """And is not said to be old, nor to be zero seconds old."""
    health = judged(rows, dataset=dataset)
    assert codes(health)[0] == ("never-read", state)
    assert (health.read_until, health.age_seconds) == (None, None)


def test_a_whole_dataset_is_judged_by_its_only_reading() -> None:
    assert judged([row(None, at("2025-12-24 11:45"))], dataset="products").state == "healthy"
    failed = row(None, at("2025-12-24 09:45"), "failed", error="No rights on product.product.")
    health = judged([failed], dataset="products")
    assert codes(health) == [("old", "failing")]
    assert health.reason.en.endswith("No rights on product.product.")
    assert (health.days.window, health.days.loaded, health.newest_complete_day) == (1, 1, None)


def test_what_is_paused_is_late_at_most_and_says_so() -> None:
    since = at("2025-12-24 06:00")
    rows = [*whole_days(3), row("2025-12-24", at("2025-12-24 06:00"), "requested")]
    assert judged(rows).state == "failing"
    health = judged(rows, paused=since)
    assert codes(health) == [("paused", "late")]
    assert health.paused_since == since
    assert health.reason.en.startswith("Paused for 6 hours;")
    young = [*whole_days(3), row("2025-12-24", at("2025-12-24 11:57"))]
    assert judged(young, paused=at("2025-12-24 11:58")).state == "healthy"
    failed = row("2025-12-22", None, "failed", error="No.")
    assert judged([failed, *whole_days(2), young[-1]], paused=since).state == "failing"


def test_profit_of_paused_sales_stands_still_and_is_no_failure() -> None:
    """It has no pause of its own; of a dataset that it is not made of, a pause excuses nothing."""
    rows = [row("2025-12-24", at("2025-12-24 06:00"))._replace(dataset="profit")]
    window = Window(TODAY, NOON.astimezone(UTC), JAKARTA)

    def profit(paused: str) -> DatasetHealth:
        pauses = {paused: at("2025-12-24 06:00")}
        return judge(rows, window, lambda _: LIMITS, pauses, [by_name("profit")]).datasets[0]

    for name in by_name("profit").made_of:
        assert by_name(name).name == name
        assert (codes(profit(name)), profit(name).paused_since) == ([("paused", "late")], None)
    assert "What it is made of has been paused for 6 hours" in profit("pos").reason.en
    assert codes(profit("products")) == [("old", "failing")]


@pytest.mark.parametrize(
    ("zone", "day", "now", "seconds"),
    [
        # Berlin, clocks forward: the 30th of March 2025 has 23 hours, and begins at 23:00 UTC.
        ("Europe/Berlin", "2025-03-29", "2025-03-30T01:30+00:00", 2.5 * 3600),
        # Clocks back: the 26th of October 2025 has 25 hours; the 27th begins at 23:00 UTC.
        ("Europe/Berlin", "2025-10-26", "2025-10-27T00:30+00:00", 1.5 * 3600),
        # Beirut changes at midnight: there is no 00:00 on the 30th, which begins at 01:00, 22:00 UTC.
        ("Asia/Beirut", "2025-03-29", "2025-03-29T22:20+00:00", 20 * 60),
    ],
)
def test_days_are_as_long_as_the_clocks_say(zone: str, day: str, now: str, seconds: float) -> None:
    """Yesterday was read after it was over, today not yet: known is all up to midnight, wherever that was."""
    moment = datetime.fromisoformat(now)
    health = judged([row(day, moment)], moment, days=2, zone=ZoneInfo(zone))
    assert health.age_seconds == seconds
    assert health.newest_complete_day == date.fromisoformat(day)


def test_on_a_day_of_25_hours_the_last_hour_belongs_to_it() -> None:
    """Read at 23:30 UTC by a clock that was an hour back already, it was not over."""
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime.fromisoformat("2025-10-26T23:40+00:00")
    early = judged(
        [row("2025-10-26", datetime.fromisoformat("2025-10-26T22:59+00:00"))], now, days=2, zone=berlin
    )
    assert early.newest_complete_day is None
    late = judged(
        [row("2025-10-26", datetime.fromisoformat("2025-10-26T23:00+00:00"))], now, days=2, zone=berlin
    )
    assert late.newest_complete_day == date(2025, 10, 26)


def overall(**states: str) -> PipelineHealth:
    """pos and purchases, read at these times; everything else just now."""
    window = Window(TODAY, NOON.astimezone(UTC), JAKARTA)
    rows = [
        row(
            "2025-12-24" if one.kind == "daily" else None, at(f"2025-12-24 {states.get(one.name, '11:59')}")
        )._replace(dataset=one.name)
        for one in REGISTRY
    ]
    return judge(rows, window, lambda _: LIMITS)


def test_the_whole_is_as_well_as_its_worst_dataset() -> None:
    assert overall().state == "healthy"
    assert overall().reason.en == "All data is up to date and complete."
    late = overall(pos="11:00")
    assert (late.state, late.reason.en[:17]) == ("late", "1 dataset is late")
    both = overall(pos="11:00", purchases="09:00")
    assert both.state == "failing"
    assert both.reason.en.startswith("1 dataset is failing and 1 dataset is late;")
    assert both.reason.id.startswith("1 dataset bermasalah dan 1 dataset terlambat;")
    assert [one.dataset for one in both.datasets] == [one.name for one in REGISTRY]


def test_sentences_name_the_newest_days_and_the_answer_at_most_31() -> None:
    today = row("2025-12-24", at("2025-12-24 11:57"))
    finding = judged([today], days=40).findings[0]
    assert "2025-12-23, 2025-12-22, 2025-12-21 and 36 more." in finding.reason.en
    assert len(finding.days) == 31


def test_a_long_error_is_cut() -> None:
    failed = row("2025-12-23", None, "failed", error="x" * 5000)
    health = judged([failed, row("2025-12-24", at("2025-12-24 11:57"))], days=2)
    assert len(health.reason.en) < 450


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(seconds=-5), "less than a minute"),
    ],
)
def test_ages_are_words(age: timedelta, words: str) -> None:
    assert span(age).en == words


def test_every_kind_of_dataset_has_its_thresholds() -> None:
    """And every dataset that is loaded by day says which kind it is."""
    assert set(get_args(Freshness)) == set(KINDS)
    assert all(one.freshness != "dimensions" for one in DAILY)
    settings = HealthSettings(_env_file=None)
    for kind in get_args(Freshness):
        assert limits_of(settings, kind).late < limits_of(settings, kind).failing
    assert limits_of(settings, by_name("pos").freshness).late == timedelta(minutes=30)
    assert limits_of(settings, by_name("products").freshness).failing == timedelta(days=1)


def test_failing_before_late_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NK_LATE_AFTER_STOCK", "7200")
    monkeypatch.setenv("NK_FAILING_AFTER_STOCK", "7200")
    with pytest.raises(ConfigurationError, match="NK_FAILING_AFTER_STOCK: .*longer than NK_LATE_AFTER_STOCK"):
        load(HealthSettings)
    monkeypatch.setenv("NK_FAILING_AFTER_STOCK", "7201")
    assert limits_of(load(HealthSettings), "stock").failing == timedelta(seconds=7201)


AWAY = Outage(at("2025-12-24 02:13"), NOON, "http://odoo:8069 cannot be reached.")


def while_away(*rows: Reading, away: Outage = AWAY, days: int = 3) -> PipelineHealth:
    window = Window(TODAY - timedelta(days=days - 1), NOON.astimezone(UTC), JAKARTA)
    return judge(rows, window, lambda _: LIMITS, None, [by_name("pos")], away=away)


def test_what_becomes_late_because_odoo_is_away_says_so() -> None:
    found = while_away(*whole_days(3), row("2025-12-24", at("2025-12-24 02:10")))
    (old,) = found.datasets[0].findings
    assert (old.code, old.state, old.cause) == ("old", "failing", "odoo-away")
    assert old.reason.en.startswith("Last read 9 hours ago,")
    assert old.reason.en.endswith(
        "Odoo has not answered since 02:13, so the figures stand still. The last error: http://odoo:8069 cannot be "
        "reached."
    )
    assert "Odoo tidak menjawab sejak 02.13" in old.reason.id
    assert "nk odoo check" in old.advice.en
    assert found.odoo_away is not None
    assert (found.odoo_away.since, found.odoo_away.tried_at) == (AWAY.since, NOON)
    assert found.odoo_away.reason.en in old.reason.en


def test_while_nothing_is_late_yet_the_whole_says_that_odoo_is_away() -> None:
    found = while_away(*whole_days(3), row("2025-12-24", at("2025-12-24 11:50")))
    assert (found.state, found.datasets[0].findings) == ("healthy", [])
    assert found.odoo_away is not None
    assert judge([], Window(TODAY, NOON, JAKARTA), lambda _: LIMITS).odoo_away is None


def test_a_refused_key_is_said_as_that_with_what_to_do() -> None:
    shut = Outage(AWAY.since, NOON, "Odoo refused the API key.", refused=True)
    found = while_away(*whole_days(3), row("2025-12-24", at("2025-12-24 02:10")), away=shut)
    assert found.odoo_away is not None
    assert found.odoo_away.reason.en == (
        "Odoo has refused the API key of nkdash since 02:13, so the figures stand still. The last error: Odoo refused "
        "the API key."
    )
    assert "Odoo menolak kunci API nkdash sejak 02.13" in found.odoo_away.reason.id
    (old,) = found.datasets[0].findings
    assert old.cause == "odoo-away"
    for advice in (found.odoo_away.advice, old.advice):
        assert "set ODOO_API_KEY and restart" in advice.en


def test_what_was_late_before_odoo_went_away_has_another_cause() -> None:
    (old,) = while_away(*whole_days(3), row("2025-12-24", at("2025-12-24 01:42"))).datasets[0].findings
    assert (old.code, old.cause) == ("old", None)
    assert "Odoo has not answered" not in old.reason.en


def test_an_outage_that_began_yesterday_names_its_day() -> None:
    since = Outage(at("2025-12-23 22:00"), NOON, "")
    (early, *_) = while_away(
        *whole_days(3)[1:], row("2025-12-23", at("2025-12-23 21:55")), away=since
    ).datasets
    assert [(one.code, one.cause) for one in early.findings] == [
        ("old", "odoo-away"), ("early-days", "odoo-away")
    ]  # fmt: skip
    assert "since 2025-12-23 22:00, so the figures stand still." in early.findings[0].reason.en


def test_a_first_load_waits_for_odoo_and_a_refusal_does_not_come_of_it() -> None:
    def never(error_class: str) -> str | None:
        failed = row("2025-12-24", None, "failed", error="No.", error_class=error_class)
        return while_away(failed).datasets[0].findings[0].cause

    assert never("OdooUnavailableError") == "odoo-away"
    assert never("OdooCredentialsError") == "odoo-away"
    assert never("OdooRefusedError") is None


def test_days_that_failed_are_failures_also_while_odoo_is_away() -> None:
    failed = row("2025-12-23", None, "failed", error="No.", error_class="OdooRefusedError")
    found = while_away(failed, row("2025-12-24", at("2025-12-24 11:59")), days=2).datasets[0].findings
    assert [(one.code, one.cause) for one in found] == [("failed-days", None)]
