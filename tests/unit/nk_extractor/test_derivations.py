"""Which derived days are due: after all they are made of, and again when any of it was loaded anew."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nk_common.datasets.base import PartitionKey
from nk_common.ledger.reader import DayState
from nk_extractor.derivations import Due, Patience, due, settled

NOW = datetime(2026, 3, 20, 5, 0, tzinfo=UTC)
TODAY = date(2026, 3, 20)
PATIENCE = Patience(failed=timedelta(minutes=10), stalled=timedelta(minutes=2))


def row(
    dataset: str,
    day: int,
    version: int | None = 1,
    state: str = "loaded",
    inputs: str | None = None,
    age: int = 1,
    error: str | None = None,
) -> DayState:
    """A row whose reading began `version` microseconds after 1970, and which was loaded in that microsecond."""
    loaded = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=version) if version else None
    touched = NOW - timedelta(seconds=age)
    return DayState(dataset, date(2026, 3, day), state, version, inputs, touched, loaded, error)


def asked(rows: list[DayState]) -> list[tuple[str, int]]:
    return [(one.key.dataset, one.key.day.day) for one in due(rows, TODAY, NOW, PATIENCE) if one.key.day]


def made(rows: list[DayState]) -> list[DayState]:
    """The rows after the loader has done what was asked."""
    found = due(rows, TODAY, NOW, PATIENCE)
    keys = {(one.key.dataset, one.key.day) for one in found}
    kept = [r for r in rows if (r.dataset, r.day) not in keys]
    return [*kept, *(_derived(one) for one in found)]


def _derived(one: Due) -> DayState:
    assert one.key.day is not None
    return DayState(one.key.dataset, one.key.day, "loaded", 9, one.inputs, NOW, NOW, None)


def test_profit_is_due_for_every_day_with_sales() -> None:
    assert asked([row("pos", 3), row("invoice-sales", 4), row("purchases", 1)]) == [
        ("profit", 3),
        ("profit", 4),
    ]


def test_nothing_is_due_once_it_is_made() -> None:
    rows = made([row("pos", 3), row("invoice-sales", 3), row("purchases", 2)])
    assert asked(rows) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (row("pos", 3, version=2), [("profit", 3)]),
        (row("invoice-sales", 3, version=2), [("profit", 3)]),
        (row("purchases", 2, version=2), [("profit", 3), ("profit", 5)]),
        (row("purchases", 4, version=2), [("profit", 5)]),
        (row("purchases", 6, version=2), []),
    ],
    ids=["its own sales", "its own invoices", "bills before both", "bills between", "bills after both"],
)
def test_a_day_loaded_anew_restates_the_days_it_can_reach(
    changed: DayState, expected: list[tuple[str, int]]
) -> None:
    rows = made(
        [row("pos", 3), row("invoice-sales", 3), row("pos", 5), *(row("purchases", d) for d in (2, 4, 6))]
    )
    after = [r for r in rows if (r.dataset, r.day) != (changed.dataset, changed.day)] + [changed]
    assert asked(after) == expected


@pytest.mark.parametrize(
    "waiting", [row("pos", 3, state="extracting"), row("purchases", 1, None, "requested")]
)
def test_profit_waits_for_what_is_on_its_way(waiting: DayState) -> None:
    others = [row("invoice-sales", 3), row("profit", 3, None, "requested")]
    assert asked([*others, waiting]) == []


def test_bills_of_later_days_hold_nothing_up() -> None:
    assert asked([row("pos", 3), row("purchases", 4, None, "extracting")]) == [("profit", 3)]


@pytest.mark.parametrize(
    ("state", "age", "expected"),
    [
        ("failed", 30, []),
        ("failed", 700, [("profit", 3)]),
        ("extracting", 30, []),
        ("extracting", 130, [("profit", 3)]),
    ],
)
def test_a_failed_or_lost_day_is_asked_for_again_after_a_while(
    state: str, age: int, expected: list[tuple[str, int]]
) -> None:
    rows = made([row("pos", 3)])
    inputs = next(r.inputs for r in rows if r.dataset == "profit")
    assert asked([row("pos", 3), row("profit", 3, None, state, inputs, age)]) == expected


def stock(*snapshots: int, asked_for: tuple[int, ...] = (), moves: range = range(1, 21)) -> list[DayState]:
    return [
        *(row("stock-quants", day) for day in snapshots),
        *(row("stock-quants", day, None, "requested") for day in asked_for),
        *(row("inventory-moves", day) for day in moves),
    ]


def test_a_past_day_is_reconstructed_once_moves_and_a_later_snapshot_are_there() -> None:
    assert asked(stock(20, asked_for=(10, 11))) == [("stock-quants", 10), ("stock-quants", 11)]


def test_a_snapshot_is_never_reconstructed() -> None:
    assert asked(stock(10, 20)) == []


def test_a_past_day_waits_for_moves_between_it_and_the_snapshot_only() -> None:
    late = row("inventory-moves", 15, None, "extracting")
    rows = [r for r in stock(12, 20, asked_for=(10, 14)) if (r.dataset, r.day.day) != ("inventory-moves", 15)]
    assert asked([*rows, late]) == [("stock-quants", 10)]


def test_todays_snapshot_taken_anew_changes_no_past_day() -> None:
    rows = made(stock(20, asked_for=(10,)))
    assert (
        asked([r for r in rows if r.day != TODAY] + stock(moves=range(20, 21)) + [row("stock-quants", 20, 2)])
        == []
    )


def test_moves_loaded_anew_restate_the_reconstructed_days_before_them() -> None:
    rows = made(stock(20, asked_for=(10, 16)))
    anew = row("inventory-moves", 15, version=2)
    after = [r for r in rows if (r.dataset, r.day) != (anew.dataset, anew.day)] + [anew]
    assert asked(after) == [("stock-quants", 10)]


def test_past_stock_waits_for_the_first_snapshot() -> None:
    first = row("stock-quants", 20, None, "extracting")
    assert asked([*stock(asked_for=(10,)), first]) == []


def test_without_any_snapshot_it_is_asked_for_so_that_the_loader_says_why_not() -> None:
    failed = row("stock-quants", 20, None, "failed")
    assert asked([*stock(asked_for=(10,)), failed]) == [("stock-quants", 10)]


def test_moves_read_before_the_snapshot_was_taken_are_read_again_first() -> None:
    rows = [*stock(asked_for=(10,), moves=range(1, 21)), row("stock-quants", 20, version=5)]
    (one,) = due(rows, TODAY, NOW, PATIENCE)
    assert one.first == PartitionKey("inventory-moves", TODAY)
    fresh = [r for r in rows if (r.dataset, r.day) != ("inventory-moves", TODAY)]
    (one,) = due([*fresh, row("inventory-moves", 20, version=6)], TODAY, NOW, PATIENCE)
    assert one.first is None


def test_what_cannot_be_derived_is_asked_for_again_only_when_something_changed() -> None:
    rows = made([row("pos", 3)])
    inputs = next(r.inputs for r in rows if r.dataset == "profit")
    failed = row("profit", 3, None, "failed", inputs, age=10_000, error="NotDerivableError")
    assert asked([row("pos", 3), failed]) == []
    assert asked([row("pos", 3, version=2), failed]) == [("profit", 3)]


@pytest.mark.parametrize(
    ("state", "age", "expected"),
    [
        ("requested", 1, [10]),
        ("failed", 1, [10]),
        ("cleaned", 1, []),
        ("cleaned", 130, [10]),
        ("loaded", 1, []),
    ],
)
def test_a_snapshot_of_a_past_day_that_was_asked_for_again_is_left_as_it_is(
    state: str, age: int, expected: list[int]
) -> None:
    """Odoo cannot be asked any more, and no reconstruction is as good."""
    rows = [*stock(20), row("stock-quants", 10, state=state, age=age)]
    assert [key.day.day for key in settled(rows, TODAY, NOW, PATIENCE) if key.day] == expected
    assert asked(rows) == []


@pytest.mark.parametrize(("missing", "expected"), [(None, [("stock-quants", 10)]), (15, [])])
def test_past_stock_that_was_refused_is_tried_again_if_everything_is_there(
    missing: int | None, expected: list[tuple[str, int]]
) -> None:
    """A newer snapshot may have come between asking and deriving; missing moves do not come by waiting."""
    days = [row for row in stock(20) if row.day.day != missing]
    (inputs,) = {
        one.inputs for one in due([*days, *stock(asked_for=(10,), moves=range(0))], TODAY, NOW, PATIENCE)
    }
    failed = row("stock-quants", 10, None, "failed", inputs, age=130, error="NotDerivableError")
    assert asked([*days, failed]) == expected


@pytest.mark.parametrize("state", ["requested", "extracted", "cleaned"])
def test_past_stock_that_waits_to_be_made_again_from_the_lake_is_left_alone(state: str) -> None:
    """A replay of many days waits for its turn; settled, it would count as done and nothing would have been made."""
    long_ago = NOW - timedelta(days=1)
    held = DayState("stock-quants", date(2026, 3, 5), state, 7, None, long_ago, long_ago, None, "clean")
    new = held._replace(day=date(2026, 3, 4), version=None, loaded_at=None)
    patience = Patience(timedelta(minutes=10), timedelta(minutes=2))
    assert settled([held, new], date(2026, 3, 10), NOW, patience) == []
    snapshot = DayState("stock-quants", date(2026, 3, 10), "loaded", 9, None, NOW, NOW, None)
    found = due([held, new, snapshot], date(2026, 3, 10), NOW, patience)
    assert [one.key for one in found if one.key.dataset == "stock-quants"] == []
