"""Profit by hand: rules 5, 7 and 8 as small tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from nk_common.datasets.purchases import CLEAN_PURCHASES
from nk_common.errors import NotDerivableError, UnreadableFileError
from nk_common.lake.day_files import DayFiles
from nk_loader.derive.costs import CostBook
from nk_loader.derive.profit import invoice_sales, pos_sales, profit_tables
from nk_loader.derive.profit_days import ProfitDays
from nk_loader.facts.invoices import fact_product_cost_events
from support.damage import DAMAGES, Damage
from support.lake_factory import LakeFactory, sale

MON, TUE, WED = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)
JAKARTA = ZoneInfo("Asia/Jakarta")


def event(product: int, cost: float, bill: int, line: int) -> dict[str, Any]:
    return {
        "product_id": product,
        "cost_unit_tax_in": cost,
        "source_move_id": bill,
        "source_move_line_id": line,
    }


def buy(lake: LakeFactory, day: date, *events: dict[str, Any], version: int | None = None) -> None:
    lake.day("purchases", day, {"fact_product_cost_events": events}, version=version)


def invoice(lake: LakeFactory, day: date, *lines: dict[str, Any]) -> None:
    lake.day("invoice-sales", day, {"fact_invoice_sales": lines})


def invoice_line(move: int, line: int, product: int, quantity: float, revenue: float) -> dict[str, Any]:
    return {
        "move_id": move, "move_line_id": line, "product_id": product, "quantity": quantity,
        "revenue": revenue, "is_refund": quantity < 0,
    }  # fmt: skip


def pos_frame(*rows: tuple[int, int, int, float, float]) -> pl.DataFrame:
    """order, line, product, quantity, revenue"""
    names = ["order_id", "line_id", "product_id", "quantity", "revenue"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(
        (pl.col("quantity") < 0).alias("is_refund"),
        (pl.col("revenue") / pl.col("quantity")).alias("price_unit"),
    )


def invoice_frame(*rows: tuple[int, int, int, float, float]) -> pl.DataFrame:
    return pos_frame(*rows).rename({"order_id": "move_id", "line_id": "move_line_id"})


def costs(*rows: tuple[int, float, int]) -> pl.DataFrame:
    schema = {"product_id": pl.Int64, "cost_unit_tax_in": pl.Float64, "source_move_id": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


SALES = pl.concat(
    [
        # Order 7 is an exchange: one of product 1 back, one of product 2 sold. Order 8 only takes back.
        pos_sales(
            pos_frame(
                (7, 71, 1, -1, -100.0), (7, 72, 2, 1, 250.0), (8, 81, 1, -2, -200.0), (9, 91, 1, 3, 300.0)
            )
        ),
        # An invoice 7 is not order 7 (rule 5); product 3 has no cost; line 71 is not POS line 71.
        invoice_sales(invoice_frame((7, 71, 3, 10, 50.0), (7, 73, 1, 1, 110.0))),
    ]
)
COSTS = costs((1, 60.0, 501), (2, 200.0, 502))


def test_what_takes_off_lowers_profit() -> None:
    """A lipstick for 100 that cost 70, less 20 on the whole order, and the same brought back: the discount's product,
    of which no bill tells, costs nothing; also where one does."""
    sold = pos_sales(
        pos_frame((1, 11, 1, 1, 100.0), (1, 12, 9, 1, -20.0), (2, 21, 1, -1, -100.0), (2, 22, 9, -1, 20.0))
    )
    for known in (costs((1, 70.0, 501)), costs((1, 70.0, 501), (9, 5.0, 502))):
        tables = profit_tables(TUE, sold, known)
        lines = tables["fact_sales_lines_profit"]
        assert lines.select("line_id", "cost_unit_tax_in", "gross_profit", "source_cost_move_id").rows() == [
            (11, 70.0, 30.0, 501), (12, 0.0, -20.0, None), (21, 70.0, -30.0, 501), (22, 0.0, 20.0, None),
        ]  # fmt: skip
        assert tables["agg_profit_daily"]["revenue_without_cost"].to_list() == [0.0]


def test_what_takes_off_something_of_unknown_cost_is_unknown_itself() -> None:
    """Or everything that was sold without a cost would show a loss."""
    orders = pos_frame((1, 11, 3, 1, 100.0), (1, 12, 9, 1, -20.0), (2, 21, 1, 1, 50.0), (2, 22, 9, 1, -5.0))
    tables = profit_tables(TUE, pos_sales(orders), costs((1, 30.0, 501), (9, 5.0, 502)))
    profits = tables["fact_sales_lines_profit"].select("line_id", "gross_profit").rows()
    assert profits == [(11, None), (12, None), (21, 20.0), (22, -5.0)]
    assert tables["agg_profit_daily"]["revenue_without_cost"].to_list() == [80.0]


def test_rule_8_each_line_has_the_cost_of_its_product_or_none() -> None:
    lines = profit_tables(TUE, SALES, COSTS)["fact_sales_lines_profit"]
    columns = [
        "source",
        "txn_id",
        "line_id",
        "cost_unit_tax_in",
        "cogs_tax_in",
        "gross_profit",
        "source_cost_move_id",
    ]
    assert lines.select(columns).rows() == [
        ("invoice", 7, 71, None, None, None, None),
        ("invoice", 7, 73, 60.0, 60.0, 50.0, 501),
        ("pos", 7, 71, 60.0, -60.0, -40.0, 501),
        ("pos", 7, 72, 200.0, 200.0, 50.0, 502),
        ("pos", 8, 81, 60.0, -120.0, -80.0, 501),
        ("pos", 9, 91, 60.0, 180.0, 120.0, 501),
    ]
    assert lines["date"].unique().to_list() == [TUE]


def test_the_day_sums_up_and_revenue_without_cost_stands_apart() -> None:
    """Rule 8: never 100 % margin. Rule 5: orders 7 and 9 and invoice 7 are transactions, order 8 is not."""
    daily = profit_tables(TUE, SALES, COSTS)["agg_profit_daily"]
    assert daily.to_dicts() == [
        {
            "date": TUE, "revenue_tax_in": 410.0, "cogs_tax_in": 260.0, "gross_profit": 100.0, "quantity": 12.0,
            "transactions": 3, "lines": 6, "revenue_without_cost": 50.0,
        }
    ]  # fmt: skip


def test_by_product_a_transaction_is_a_document_that_sold_it() -> None:
    products = profit_tables(TUE, SALES, COSTS)["agg_profit_daily_by_product"]
    columns = ["product_id", "revenue_tax_in", "cogs_tax_in", "gross_profit", "quantity", "transactions", "lines",
               "revenue_without_cost"]  # fmt: skip
    assert products.select(columns).rows() == [
        (1, 110.0, 60.0, 50.0, 1.0, 2, 4, 0.0),  # sold by order 9 and invoice 7
        (2, 250.0, 200.0, 50.0, 1.0, 1, 1, 0.0),
        (3, 50.0, 0.0, 0.0, 10.0, 1, 1, 50.0),
    ]


def test_a_day_without_sales_has_no_rows() -> None:
    tables = profit_tables(TUE, SALES.clear(), COSTS)
    assert {name: table.height for name, table in tables.items()} == {
        "fact_sales_lines_profit": 0,
        "agg_profit_daily": 0,
        "agg_profit_daily_by_product": 0,
    }


def test_equal_content_is_equal_in_order() -> None:
    first = profit_tables(TUE, SALES, COSTS)
    second = profit_tables(TUE, SALES.sample(fraction=1, shuffle=True, seed=3), COSTS.reverse())
    assert all(first[name].equals(second[name]) for name in first)


def test_rule_7_a_discount_lowers_the_cost_and_a_bonus_leaves_the_earlier_one(tmp_path: Path) -> None:
    """Bill lines as they are cleaned: 10 for 11,100 less their share of a discount, and 2 for nothing."""
    lake = LakeFactory(tmp_path)
    columns = ["move_line_id", "product_id", "quantity", "cost_taxed", "sets_cost"]
    first = [(1, 1, 10.0, 9990.0, True), (2, 2, 4.0, 8000.0, True), (3, -1, 1.0, 0.0, False)]
    second = [(4, 2, 2.0, 0.0, False)]
    for bill, (day, rows) in enumerate(((MON, first), (TUE, second)), 501):
        lines = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
            pl.lit(day).alias("date"), pl.lit(bill).alias("move_id"), pl.lit(None, pl.Int64).alias("tax_id")
        )
        events = fact_product_cost_events({CLEAN_PURCHASES.name: lines})
        buy(lake, day, *events.to_dicts())
    invoice(lake, WED, invoice_line(1, 1, 1, 3, 6000.0), invoice_line(1, 2, 2, 1, 2500.0))
    lines = ProfitDays(lake.layout, JAKARTA).derive(WED).tables["fact_sales_lines_profit"]
    assert lines.select("product_id", "cost_unit_tax_in", "cogs_tax_in", "gross_profit").rows() == [
        (1, 999.0, 2997.0, 3003.0),
        (2, 2000.0, 2000.0, 500.0),
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (MON, [(1, 10.0, 500)]),  # never a later price; product 2 was not bought yet
        (TUE, [(1, 13.0, 503), (2, 7.5, 502)]),  # the later bill (503), and of it the higher line id
        (WED, [(1, 13.0, 503), (2, 7.5, 502)]),  # what was bought last still counts
        (date(2025, 12, 31), []),
    ],
)
def test_rule_8_the_newest_event_on_or_before_the_day(
    tmp_path: Path, day: date, expected: list[tuple[int, float, int]]
) -> None:
    lake = LakeFactory(tmp_path)
    buy(lake, MON, event(1, 10.0, 500, 9))
    buy(
        lake,
        TUE,
        event(1, 13.0, 503, 8),
        event(1, 12.0, 503, 7),
        event(1, 99.0, 502, 99),
        event(2, 7.5, 502, 1),
    )
    buy(lake, WED)
    found = CostBook(lake.layout).costs_at(day, pl.Series([1, 2, 3, 1]))
    assert sorted(found.rows()) == expected


def test_the_cost_book_follows_files_that_others_replace_add_and_take_away(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path)
    book, product = CostBook(lake.layout), pl.Series([1])
    assert book.costs_at(WED, product).rows() == []
    buy(lake, TUE, event(1, 20.0, 501, 1), version=1)
    assert book.costs_at(WED, product).rows() == [(1, 20.0, 501)]
    buy(lake, TUE, event(1, 21.0, 501, 1), version=2)
    assert book.costs_at(WED, product).rows() == [(1, 21.0, 501)]
    buy(lake, MON, event(1, 5.0, 400, 1), version=1)
    lake.layout.star("fact_product_cost_events", TUE).unlink()
    assert book.costs_at(WED, product).rows() == [(1, 5.0, 400)]


def test_a_day_file_is_read_once_for_as_long_as_it_stays_the_same(tmp_path: Path) -> None:
    lake, reads = LakeFactory(tmp_path), list[Path]()
    buy(lake, MON, version=1)
    files = DayFiles(lake.layout, "fact_product_cost_events", reads.append)
    for _ in range(3):
        assert files.entry(MON)
    assert len(reads) == 1
    assert files.entry(TUE) is None
    buy(lake, MON, version=2)
    assert files.entry(MON)
    assert len(reads) == 2
    assert files.days() == [MON]


def test_folders_that_are_no_days_are_passed_over(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path)
    buy(lake, MON)
    table = tmp_path / "star-schema" / "fact_product_cost_events"
    for stranger in ("year=2026/month=02/day=31", "year=2026/month=02/day=x", "year=.old/month=01/day=01"):
        (table / stranger).mkdir(parents=True)
    (table / "year=2027").touch()
    assert DayFiles(lake.layout, "fact_product_cost_events", Path.stat).days() == [MON]


def test_profit_is_made_of_pos_and_invoices_and_as_old_as_the_older(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path)
    lake.sales(TUE, sale(order=1, revenue=100.0), as_of="2026-01-07T02:00+07:00")
    lake.day("invoice-sales", TUE, {"fact_invoice_sales": [invoice_line(1, 5, 1, 1, 60.0)]},
             as_of="2026-01-07T01:30+07:00")  # fmt: skip
    buy(lake, MON, event(1, 40.0, 500, 9))
    derived = ProfitDays(lake.layout, JAKARTA).derive(TUE)
    daily = derived.tables["agg_profit_daily"].row(0, named=True)
    assert (daily["revenue_tax_in"], daily["cogs_tax_in"], daily["transactions"]) == (160.0, 80.0, 2)
    assert derived.as_of.isoformat() == "2026-01-07T01:30:00+07:00"


def test_profit_of_one_kind_of_sales_alone(tmp_path: Path) -> None:
    lake = LakeFactory(tmp_path)
    invoice(lake, TUE, invoice_line(1, 5, 1, 1, 60.0))
    daily = ProfitDays(lake.layout, JAKARTA).derive(TUE).tables["agg_profit_daily"].row(0, named=True)
    assert (daily["revenue_tax_in"], daily["revenue_without_cost"]) == (60.0, 60.0)


def test_a_day_without_any_sales_loaded_cannot_be_derived_and_says_why(tmp_path: Path) -> None:
    with pytest.raises(NotDerivableError, match="neither POS sales nor invoice sales of that day are loaded"):
        ProfitDays(LakeFactory(tmp_path).layout, JAKARTA).derive(TUE)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cost_file_is_an_error_and_not_a_missing_cost(tmp_path: Path, damage: Damage) -> None:
    lake = LakeFactory(tmp_path)
    buy(lake, MON, event(1, 40.0, 500, 9))
    damage(lake.layout.star("fact_product_cost_events", MON))
    with pytest.raises(UnreadableFileError, match=r"fact_product_cost_events_2026-01-05\.parquet is damaged"):
        CostBook(lake.layout).costs_at(TUE, pl.Series([1]))


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_sales_are_named_with_what_to_do(tmp_path: Path, damage: Damage) -> None:
    lake = LakeFactory(tmp_path)
    lake.sales(TUE, sale(order=1, revenue=100.0))
    damage(lake.layout.star("fact_sales", TUE))
    with pytest.raises(UnreadableFileError, match=r"fact_sales_2026-01-06.* nk backfill --from-stage clean"):
        ProfitDays(lake.layout, JAKARTA).derive(TUE)
