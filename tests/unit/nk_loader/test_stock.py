"""Rule 12: stock of a past day is a later snapshot less the moves since. By hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nk_common.errors import NotDerivableError, TransientError, UnreadableFileError
from nk_common.star import BY_NAME
from nk_common.star.rollback import (
    differences,
    effects_of,
    moves_between,
    roll_back,
    sum_effects,
)
from nk_common.star.stock import stock_usages
from nk_loader.derive.stock_days import StockDays
from support.damage import DAMAGES, Damage, flip
from support.lake_factory import LakeFactory, Row, table_of

MON, TUE, WED, THU = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7), date(2026, 1, 8)
INTERNAL = stock_usages(transit_is_stock=False)
MIDNIGHT = datetime(2026, 1, 6)
PLACES = {"shop": (8, "internal"), "store": (9, "internal"), "road": (10, "transit"), "vendor": (4, "supplier"),
          "customer": (5, "customer"), "loss": (14, "inventory")}  # fmt: skip


def move(
    line: int, product: int, quantity: float, src: str, dest: str, at: str = "10:00", **other: Any
) -> Row:
    """One done move line; `other` takes the day, lot, owner and company."""
    day = other.pop("day", WED)
    return {
        "date": datetime.combine(day, time.fromisoformat(at)), "move_line_id": line, "move_id": line,
        "product_id": product, "qty_moved": quantity, "location_src_id": PLACES[src][0],
        "location_src_usage": PLACES[src][1], "location_dest_id": PLACES[dest][0],
        "location_dest_usage": PLACES[dest][1], "company_id": 1, **other,
    }  # fmt: skip


def quant(number: int, product: int, quantity: float, place: str = "shop", **other: Any) -> Row:
    return {
        "quant_id": number, "product_id": product, "location_id": PLACES[place][0], "quantity": quantity,
        "company_id": 1, **other,
    }  # fmt: skip


def frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(table_of(BY_NAME[table].schema, rows)))


def moves(*rows: Row) -> pl.DataFrame:
    return frame("fact_inventory_moves", rows)


def stock(*rows: Row) -> pl.DataFrame:
    return frame("fact_stock_on_hand_snapshot", rows)


def rolled(snapshot: pl.DataFrame, since: pl.DataFrame, **options: Any) -> list[tuple[Any, ...]]:
    """quant, product, location, lot, quantity of the stock before the moves."""
    usages = options.pop("usages", INTERNAL)
    result = roll_back(snapshot, effects_of(since, usages), MON, MIDNIGHT, **options)
    assert result.columns == BY_NAME["fact_stock_on_hand_snapshot"].schema.names
    return result.select("quant_id", "product_id", "location_id", "lot_id", "quantity").rows()


def test_rule_12_every_kind_of_move_is_undone() -> None:
    now = stock(quant(1, 1, 7), quant(2, 1, 5, "store"))
    since = moves(
        move(1, 1, 10, "vendor", "shop"),  # received
        move(2, 1, -2, "shop", "customer"),  # sold: signed, and undone by its size
        move(3, 1, 4, "shop", "store"),  # between places of stock: changes both, and nothing in total
        move(4, 1, -1, "shop", "loss"),
        move(5, 1, 9, "vendor", "customer"),  # passes stock by
    )
    # shop: 7 - 10 + 2 + 4 + 1; store: 5 - 4
    assert rolled(now, since) == [(1, 1, 8, None, 4.0), (2, 1, 9, None, 1.0)]


def test_transit_counts_only_where_the_shop_says_so() -> None:
    since = moves(move(1, 1, 3, "shop", "road"))
    assert rolled(stock(quant(1, 1, 2)), since) == [(1, 1, 8, None, 5.0)]
    with_transit = stock(quant(1, 1, 2), quant(2, 1, 3, "road"))
    everywhere = stock_usages(transit_is_stock=True)
    assert rolled(with_transit, since, usages=everywhere) == [(1, 1, 8, None, 5.0)]


def test_what_was_sold_out_comes_back_under_numbers_of_its_own_and_what_was_not_there_yet_goes() -> None:
    now = stock(quant(31, 3, 6))
    since = moves(
        move(1, 3, 6, "vendor", "shop"),
        move(2, 2, -4, "shop", "customer"),
        move(3, 1, -5, "shop", "customer"),
        move(4, 1, -1, "store", "customer"),
    )
    assert rolled(now, since) == [(-1, 1, 8, None, 5.0), (-2, 1, 9, None, 1.0), (-3, 2, 8, None, 4.0)]


def test_lots_and_owners_are_heaps_of_their_own_and_quants_of_one_heap_are_one_row() -> None:
    now = stock(
        quant(12, 1, 2, lot_id=70), quant(11, 1, 3, lot_id=70), quant(13, 1, 4), quant(14, 1, 1, owner_id=6)
    )
    since = moves(
        move(1, 1, -1, "shop", "customer", lot_id=70), move(2, 1, -1, "shop", "customer", owner_id=6)
    )
    result = roll_back(now, effects_of(since, INTERNAL), MON, MIDNIGHT)
    assert set(result.select("quant_id", "lot_id", "owner_id", "quantity").rows()) == {
        (11, 70, None, 6.0),
        (13, None, None, 4.0),
        (14, None, 6, 2.0),
    }


def test_consumables_that_move_without_quants_are_not_invented() -> None:
    now = stock(quant(1, 1, 2))
    since = moves(*(move(p, p, -3, "shop", "customer") for p in (1, 2, 3)))
    # 1 has a quant, whatever the product says; 3 is not known to be a consumable.
    assert rolled(now, since, not_stored=[1, 2]) == [(1, 1, 8, None, 5.0), (-1, 3, 8, None, 3.0)]


def test_stock_below_zero_stays_below_zero_and_nothing_is_no_row() -> None:
    since = moves(move(1, 1, -0.1, "shop", "customer"), move(2, 1, -0.2, "shop", "customer"))
    assert rolled(stock(quant(1, 1, -0.3), quant(2, 2, -5.0)), since) == [(2, 2, 8, None, -5.0)]


def test_reconstructed_rows_say_so() -> None:
    row = roll_back(
        stock(quant(1, 1, 2, reserved_quantity=1.0)), effects_of(moves(), INTERNAL), MON, MIDNIGHT
    )
    assert row.to_dicts() == [
        {
            "snapshot_date": MON, "quant_id": 1, "product_id": 1, "location_id": 8, "quantity": 2.0,
            "reserved_quantity": 0.0, "reconstructed": True, "taken_at": MIDNIGHT, "lot_id": None,
            "owner_id": None, "company_id": 1,
        }
    ]  # fmt: skip


def test_the_company_is_the_location_s() -> None:
    now = stock(quant(1, 1, 2, "road", company_id=None), quant(2, 1, 2))
    since = moves(move(1, 5, 1, "road", "shop", company_id=2), move(2, 6, 1, "store", "shop", company_id=2))
    result = roll_back(now, effects_of(since, stock_usages(transit_is_stock=True)), MON, MIDNIGHT)
    assert dict(result.select("location_id", "company_id").rows()) == {8: 1, 9: 2, 10: None}


def test_differences_name_product_and_place() -> None:
    held = stock(quant(1, 1, 5), quant(2, 1, 1, lot_id=7), quant(3, 2, 4), quant(4, 4, 1, "store"))
    expected = stock(quant(1, 1, 6), quant(3, 2, 3), quant(5, 3, 2))
    assert differences(held, expected).rows() == [(2, 8, 3.0, 4.0), (3, 8, 2.0, 0.0), (4, 9, 0.0, 1.0)]
    assert differences(held, held).is_empty()


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(1, 40),
            st.sampled_from(sorted(PLACES)),
            st.sampled_from(sorted(PLACES)),
        ),
        max_size=12,
    )
)
@settings(deadline=None, max_examples=40)
def test_playing_moves_and_rolling_them_back_ends_where_it_began(
    played: list[tuple[int, int, str, str]],
) -> None:
    start = {(1, 8): 20.0, (2, 9): 5.0}
    heaps = dict(start)
    for product, tenths, src, dest in played:
        for place, sign in ((src, -1), (dest, 1)):
            if PLACES[place][1] == "internal":
                key = (product, PLACES[place][0])
                heaps[key] = heaps.get(key, 0.0) + sign * tenths / 10
    now = stock(
        *({"quant_id": n, "product_id": p, "location_id": at, "quantity": q}
          for n, ((p, at), q) in enumerate(heaps.items(), 1))
    )  # fmt: skip
    since = moves(*(move(n, p, q / 10, src, dest) for n, (p, q, src, dest) in enumerate(played)))
    before = roll_back(now, effects_of(since, INTERNAL), MON, MIDNIGHT)
    assert {(p, at): q for p, at, q in before.select("product_id", "location_id", "quantity").rows()} == start


@given(st.lists(st.lists(st.floats(-9, 9), max_size=4), max_size=4), st.randoms())
@settings(deadline=None, max_examples=30)
def test_the_order_of_days_leaves_no_trace(days: list[list[float]], chance: Any) -> None:
    effects = [effects_of(moves(*(move(1, 1, q, "vendor", "shop") for q in day)), INTERNAL) for day in days]
    shuffled = chance.sample(effects, len(effects))
    nothing = effects_of(moves(), INTERNAL)
    assert sum_effects([nothing, *effects]).equals(sum_effects([*shuffled, nothing]), null_equal=True)


def test_moves_between_leaves_out_the_end() -> None:
    rows = moves(move(1, 1, 1, "vendor", "shop", "00:00"), move(2, 1, 1, "vendor", "shop", "14:00"))
    start, end = datetime(2026, 1, 7), datetime(2026, 1, 7, 14)
    assert moves_between(rows, start, end)["move_line_id"].to_list() == [1]


# --- with files -----------------------------------------------------------------------------------------


def stock_days(lake: LakeFactory) -> StockDays:
    return StockDays(lake.layout, ZoneInfo("Asia/Jakarta"), transit_is_stock=False)


def snapshot(lake: LakeFactory, day: date, at: str, *quants: Row, version: int | None = None) -> None:
    """Stock of `day` as taken at local time `at`."""
    taken = datetime.fromisoformat(f"{day}T{at}")
    rows = [{"taken_at": taken, **row} for row in quants]
    lake.day("stock-quants", day, {"fact_stock_on_hand_snapshot": rows}, as_of=f"{taken.isoformat()}+07:00",
             version=version)  # fmt: skip


def cleaned(lake: LakeFactory, day: date) -> None:
    """What only a day read from Odoo has."""
    path = lake.layout.clean("stock_quants", day)
    path.parent.mkdir(parents=True)
    path.touch()


def moved(
    lake: LakeFactory, day: date, *rows: Row, as_of: str | None = None, version: int | None = None
) -> None:
    on_day = [{**row, "date": datetime.combine(day, row["date"].time())} for row in rows]
    lake.day("inventory-moves", day, {"fact_inventory_moves": on_day}, as_of=as_of, version=version)


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    """A snapshot on Thursday at 14:00; moves of every day from Tuesday on."""
    lake = LakeFactory(tmp_path)
    lake.dimensions()
    snapshot(lake, THU, "14:00", quant(1, 1, 10))
    moved(lake, TUE, move(1, 1, 1, "vendor", "shop"))
    moved(lake, WED, move(2, 1, 2, "vendor", "shop"))
    moved(lake, THU, move(3, 1, 4, "vendor", "shop", "13:59"), move(4, 1, 8, "vendor", "shop", "14:00"))
    return lake


def quantities(days: StockDays, day: date) -> list[float]:
    return days.derive(day).tables["fact_stock_on_hand_snapshot"]["quantity"].to_list()


def test_rule_12_stock_at_the_end_of_a_day_without_snapshot(lake: LakeFactory) -> None:
    """What came at 14:00 was not in the snapshot of 14:00, and the day's own moves are in its stock."""
    days = stock_days(lake)
    assert [quantities(days, day) for day in (MON, TUE, WED)] == [[3.0], [4.0], [6.0]]
    derived = days.derive(TUE)
    assert derived.as_of.isoformat() == "2026-01-08T14:00:00+07:00"
    assert derived.tables["fact_stock_on_hand_snapshot"]["taken_at"].to_list() == [datetime(2026, 1, 7)]


def test_the_nearest_snapshot_counts_and_reconstructed_days_are_none(lake: LakeFactory) -> None:
    days = stock_days(lake)
    lake.day("stock-quants", TUE, {"fact_stock_on_hand_snapshot": [quant(1, 1, 99, reconstructed=True)]})
    assert quantities(days, MON) == [3.0]
    snapshot(lake, WED, "23:00", quant(1, 1, 50))
    assert quantities(days, MON) == [47.0]
    assert [days.was_read(day) for day in (MON, TUE, WED)] == [False, False, True]


def test_moves_and_snapshots_loaded_anew_are_seen(lake: LakeFactory) -> None:
    days = stock_days(lake)
    assert quantities(days, MON) == [3.0]
    moved(lake, WED, move(2, 1, 3, "vendor", "shop"), as_of="2026-01-09T01:00+07:00")
    assert quantities(days, MON) == [2.0]
    snapshot(lake, THU, "14:30", quant(1, 1, 20), version=2**60)
    assert quantities(days, MON) == [20.0 - 12 - 3 - 1]


def test_a_whole_month_in_between_is_summed_once_and_follows_its_days(tmp_path: Path) -> None:
    lake, first = LakeFactory(tmp_path), date(2026, 2, 1)
    lake.dimensions()
    for n in range(28):
        moved(lake, first.replace(day=n + 1), move(n, 1, 1, "vendor", "shop"))
    moved(lake, date(2026, 3, 1))
    snapshot(lake, date(2026, 3, 1), "12:00", quant(1, 1, 100))
    days = stock_days(lake)
    assert quantities(days, date(2026, 1, 31)) == quantities(days, date(2026, 1, 31)) == [72.0]
    assert quantities(days, date(2026, 2, 10)) == [82.0]
    moved(lake, date(2026, 2, 5), move(1, 1, 3, "vendor", "shop"), version=2**60)
    assert quantities(days, date(2026, 1, 31)) == [70.0]


def test_without_a_later_snapshot_there_is_nothing_to_go_back_from(lake: LakeFactory) -> None:
    with pytest.raises(NotDerivableError, match="no later snapshot of stock is loaded"):
        stock_days(lake).derive(THU)


def test_missing_moves_are_counted_and_the_first_is_named(lake: LakeFactory) -> None:
    for day in (TUE, WED):
        lake.layout.star("fact_inventory_moves", day).unlink()
    with pytest.raises(NotDerivableError, match=r"of 2 days are not loaded.* \(the first is 2026-01-06\)"):
        stock_days(lake).derive(MON)


def test_moves_read_before_their_day_was_over_are_not_enough(lake: LakeFactory) -> None:
    lake.layout.star("fact_inventory_moves", WED).unlink()
    moved(lake, WED, as_of="2026-01-07T23:59+07:00")
    with pytest.raises(NotDerivableError, match=r"of 1 days are not loaded.* \(the first is 2026-01-07\)"):
        stock_days(lake).derive(MON)


@pytest.mark.parametrize(("read", "enough"), [("13:59", False), ("14:00", True)])
def test_moves_of_the_snapshot_s_day_must_be_read_after_it_was_taken(
    lake: LakeFactory, read: str, enough: bool
) -> None:
    lake.layout.star("fact_inventory_moves", THU).unlink()
    moved(lake, THU, as_of=f"2026-01-08T{read}+07:00")
    if enough:
        assert quantities(stock_days(lake), WED) == [10.0]
    else:
        with pytest.raises(NotDerivableError, match="read too early"):
            stock_days(lake).derive(WED)


def test_a_snapshot_of_nothing_is_one_if_it_was_read(lake: LakeFactory) -> None:
    """It has no rows that could say so; but only what was read from Odoo was ever cleaned."""
    snapshot(lake, WED, "18:00")
    days = stock_days(lake)
    assert not days.was_read(WED)
    cleaned(lake, WED)
    assert days.was_read(WED)
    assert quantities(days, TUE) == [-2.0]


def test_products_say_what_is_stored(lake: LakeFactory) -> None:
    lake.dimensions("2026-01-08T10:00+07:00", dim_products=[{"product_id": 2, "is_storable": False}])
    lake.layout.star("fact_inventory_moves", WED).unlink()
    moved(lake, WED, *(move(n, n, -1, "shop", "customer") for n in (1, 2, 3)))
    derived = stock_days(lake).derive(TUE).tables["fact_stock_on_hand_snapshot"]
    assert dict(derived.select("product_id", "quantity").rows()) == {1: 7.0, 3: 1.0}


def test_stock_waits_for_the_products(lake: LakeFactory) -> None:
    lake.layout.star("dim_products", None).unlink()
    with pytest.raises(TransientError, match="products are not loaded yet"):
        stock_days(lake).derive(TUE)


def test_an_earlier_lake_without_that_column_is_read(lake: LakeFactory) -> None:
    path = lake.layout.star("dim_products", None)
    pa.parquet.write_table(pa.table({"product_id": [1]}), path)
    assert quantities(stock_days(lake), TUE) == [4.0]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_stock_file_stops_no_earlier_day(lake: LakeFactory, damage: Damage) -> None:
    """Neither a reconstruction nor a snapshot, which is in clean/ as well: the next snapshot will do."""
    for day, number in ((TUE, 99), (WED, 50)):
        snapshot(lake, day, "23:00", quant(1, 1, number))
        damage(lake.layout.star("fact_stock_on_hand_snapshot", day))
    cleaned(lake, WED)
    days = stock_days(lake)
    assert [quantities(days, day) for day in (MON, TUE)] == [[3.0], [4.0]]
    assert [days.was_read(day) for day in (TUE, WED, THU)] == [False, False, True]


def test_damage_is_seen_wherever_it_is(lake: LakeFactory) -> None:
    """Before the file is taken for a snapshot, and not when its quantities are needed."""
    snapshot(lake, WED, "23:00", quant(1, 1, 50))
    flip(lake.layout.star("fact_stock_on_hand_snapshot", WED), only="quantity")
    assert quantities(stock_days(lake), TUE) == [4.0]


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_only_later_snapshot_is_named_if_it_is_damaged(lake: LakeFactory, damage: Damage) -> None:
    damage(lake.layout.star("fact_stock_on_hand_snapshot", THU))
    with pytest.raises(NotDerivableError, match="no later snapshot"):
        stock_days(lake).derive(WED)
    cleaned(lake, THU)
    with pytest.raises(UnreadableFileError, match=r"snapshot_2026-01-08\.parquet is damaged"):
        stock_days(lake).derive(WED)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("day", [WED, THU])
def test_damaged_moves_are_named(lake: LakeFactory, day: date, damage: Damage) -> None:
    damage(lake.layout.star("fact_inventory_moves", day))
    with pytest.raises(UnreadableFileError, match=rf"fact_inventory_moves_{day}.* --from-stage clean"):
        stock_days(lake).derive(TUE)
