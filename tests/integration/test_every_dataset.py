"""Every dataset of the lake equals the demo's own totals, day by day, to a cent.

Through extractor, cleaner and loader in one process (a broker is in test_equals_odoo.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import polars as pl
import pytest
from rich.console import Console

from nk_cli.validate.command import run_validation
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_common.star import FACTS
from nk_demo.server import DemoServer
from nk_demo.totals.invoices import InvoiceMeasures, invoice_totals, purchase_totals
from nk_demo.totals.pos import totals as pos_totals
from nk_demo.totals.stock import move_totals, stock_totals
from support.pipeline import Pipeline

DAYS = 45
CENT = 0.01
DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves", "stock-quants", "profit", "dimensions")


@pytest.fixture(scope="module")
def pipeline(demo: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The last days, today with its stock snapshot included."""
    pipeline = Pipeline(tmp_path_factory.mktemp("every"), demo.port)
    last = today(pipeline)
    pipeline.load(DATASETS, last - timedelta(days=DAYS), last)
    yield pipeline
    pipeline.close()


def today(pipeline: Pipeline) -> date:
    return datetime.now(pipeline.settings.zone).date()


@pytest.fixture(scope="module")
def days(pipeline: Pipeline) -> list[date]:
    """Days that are over: nothing happens in them while the test looks."""
    return [today(pipeline) - timedelta(days=n) for n in range(DAYS, 0, -1)]


def near(cents: object) -> object:
    return pytest.approx(float(cents) / 100, abs=CENT)  # type: ignore[arg-type]


def test_everything_asked_for_is_loaded(pipeline: Pipeline) -> None:
    assert pipeline.not_loaded() == {}


def test_pos_equals(pipeline: Pipeline, demo: DemoServer, days: list[date]) -> None:
    for expected in pos_totals(demo.world, days[0], days[-1]):
        sales = pipeline.star("fact_sales", expected.day)
        assert (sales["order_id"].n_unique(), sales.height) == (expected.all.orders, expected.all.lines)
        assert sales["revenue"].sum() == pytest.approx(float(expected.all.revenue), abs=CENT), expected.day


def test_invoice_sales_equal(pipeline: Pipeline, demo: DemoServer, days: list[date]) -> None:
    seen = InvoiceMeasures()
    for expected in invoice_totals(demo.world, days[0], days[-1]):
        lines = pipeline.star("fact_invoice_sales", expected.day)
        assert counted(lines) == measures(expected.all), expected.day
        assert lines["revenue"].sum() == near(expected.all.taxed_cents), expected.day
        assert lines["revenue_untaxed"].sum() == near(expected.all.untaxed_cents), expected.day
        by_partner = dict(lines.group_by("customer_id").agg(pl.col("revenue").sum()).rows())
        assert by_partner == {
            partner: near(one.taxed_cents) for partner, one in expected.partners.items() if one.lines
        }, expected.day
        seen.documents += expected.all.documents
        seen.refund_documents += expected.all.refund_documents
    assert seen.documents > DAYS, "the demo does invoice"
    assert seen.refund_documents > 0, "and takes goods back"


def test_purchases_equal(pipeline: Pipeline, demo: DemoServer, days: list[date]) -> None:
    events = 0
    for expected in purchase_totals(demo.world, days[0], days[-1]):
        lines = pipeline.star("fact_purchases", expected.day)
        assert counted(lines) == measures(expected.all), expected.day
        assert lines["cost_taxed"].sum() == near(expected.all.taxed_cents), expected.day
        assert lines["cost_untaxed"].sum() == near(expected.all.untaxed_cents), expected.day
        costs = {row["move_line_id"]: row for row in lines.to_dicts()}
        for cost in expected.costs:
            assert costs[cost.line_id]["cost_taxed"] == near(cost.taxed), (expected.day, cost)
            assert costs[cost.line_id]["cost_untaxed"] == near(cost.untaxed), (expected.day, cost)
        held = pipeline.star("fact_product_cost_events", expected.day)
        found = {row["source_move_line_id"]: row for row in held.to_dicts()}
        assert found.keys() == {event.line_id for event in expected.events}, expected.day
        for event in expected.events:
            assert found[event.line_id]["cost_unit_tax_in"] == near(event.unit_taxed), (expected.day, event)
            assert found[event.line_id]["product_id"] == event.product_id
        events += len(expected.events)
    assert events > 0, "the demo does buy"


def test_stock_moves_equal(pipeline: Pipeline, demo: DemoServer, days: list[date]) -> None:
    kinds: set[str] = set()
    for expected in move_totals(demo.world, days[0], days[-1]):
        moves = pipeline.star("fact_inventory_moves", expected.day)
        assert (moves["move_id"].n_unique(), moves.height) == (len(expected.moves), expected.lines), (
            expected.day
        )
        assert moves["qty_moved"].abs().sum() == pytest.approx(expected.quantity), expected.day
        found = dict(moves.group_by("movement_type").agg(pl.col("qty_moved").sum()).rows())
        assert found == pytest.approx(dict(expected.kinds)), expected.day
        kinds |= found.keys()
    assert kinds == {
        "incoming", "outgoing", "transfer", "production_in", "production_out", "adjustment", "scrap",
        "return_in", "return_out",
    }  # fmt: skip


def test_stock_of_every_past_day_equals(pipeline: Pipeline, demo: DemoServer, days: list[date]) -> None:
    """Rolled back from today's snapshot through the moves, per product and location."""
    for expected in stock_totals(demo.world, days[0], days[-1]):
        stock = pipeline.star("fact_stock_on_hand_snapshot", expected.day)
        assert stock["reconstructed"].all(), expected.day
        held = stock.group_by("product_id", "location_id").agg(pl.col("quantity").sum())
        found = {(product, place): units for product, place, units in held.rows() if units}
        assert found == {place: units for place, units in expected.on_hand.items() if units}, expected.day


def test_beginning_and_moves_make_the_end(pipeline: Pipeline, days: list[date]) -> None:
    """Per product and location: stock of the day before, plus what came, less what went."""
    before = level(pipeline, days[0])
    for day in days[1:]:
        moves = pipeline.star("fact_inventory_moves", day)
        held = pipeline.star("dim_products").filter(pl.col("is_storable"))
        moves = moves.filter(pl.col("product_id").is_in(held["product_id"].implode()))
        change: dict[tuple[int, int], float] = {}
        for row in moves.to_dicts():
            for side, sign in (("src", -1), ("dest", 1)):
                if row[f"location_{side}_usage"] == "internal":
                    place = (row["product_id"], row[f"location_{side}_id"])
                    change[place] = change.get(place, 0.0) + sign * abs(row["qty_moved"])
        ends = {place: before.get(place, 0) + change.get(place, 0) for place in before.keys() | change.keys()}
        before = level(pipeline, day)
        assert {place: units for place, units in ends.items() if units} == before, day


def level(pipeline: Pipeline, day: date) -> dict[tuple[int, int], float]:
    stock = pipeline.star("fact_stock_on_hand_snapshot", day)
    held = stock.group_by("product_id", "location_id").agg(pl.col("quantity").sum())
    return {(product, place): units for product, place, units in held.rows() if units}


def test_profit_is_what_sales_and_costs_make(pipeline: Pipeline, demo: DemoServer, days: list[date]) -> None:
    """Reckoned again here, line by line, from the demo's own cost events."""
    bought = [
        (day.day, event.move_id, event.line_id, event.product_id, float(event.unit_taxed) / 100)
        for day in purchase_totals(demo.world, days[0], days[-1])
        for event in day.events
    ]
    covered = 0
    for day in days:
        known = sorted((event for event in bought if event[0] <= day), key=lambda event: event[:3])
        costs = {product: cost for _, _, _, product, cost in known}  # the last one wins
        for row in pipeline.star("fact_sales_lines_profit", day).to_dicts():
            cost = costs.get(row["product_id"])
            if cost is None:
                assert (row["cost_unit_tax_in"], row["cogs_tax_in"], row["gross_profit"]) == (
                    None,
                    None,
                    None,
                )
                continue
            covered += 1
            assert row["cost_unit_tax_in"] == pytest.approx(cost, abs=CENT)
            profit = row["revenue_tax_in"] - row["quantity"] * cost
            assert row["gross_profit"] == pytest.approx(profit, abs=CENT)
    assert covered > 0


def test_profit_sums_up_to_the_sales(pipeline: Pipeline, days: list[date]) -> None:
    for day in days:
        lines, total = pipeline.star("fact_sales_lines_profit", day), pipeline.star("agg_profit_daily", day)
        sales, invoices = pipeline.star("fact_sales", day), pipeline.star("fact_invoice_sales", day)
        assert lines.height == sales.height + invoices.height
        revenue = float(sales["revenue"].sum()) + float(invoices["revenue"].sum())
        assert lines["revenue_tax_in"].sum() == pytest.approx(revenue, abs=CENT)
        assert total["revenue_tax_in"].sum() == pytest.approx(revenue, abs=CENT)
        by_product = pipeline.star("agg_profit_daily_by_product", day)
        for column in ("revenue_tax_in", "cogs_tax_in", "gross_profit", "revenue_without_cost", "lines"):
            assert by_product[column].sum() == pytest.approx(total[column].sum(), abs=CENT), (day, column)


def test_every_id_is_in_its_dimension(pipeline: Pipeline, days: list[date]) -> None:
    for table, column, dimension, key in [
        ("fact_invoice_sales", "product_id", "dim_products", "product_id"),
        ("fact_invoice_sales", "customer_id", "dim_partners", "partner_id"),
        ("fact_purchases", "vendor_id", "dim_partners", "partner_id"),
        ("fact_purchases", "tax_id", "dim_taxes", "tax_id"),
        ("fact_inventory_moves", "product_id", "dim_products", "product_id"),
        ("fact_inventory_moves", "location_src_id", "dim_locations", "location_id"),
        ("fact_inventory_moves", "uom_id", "dim_uoms", "uom_id"),
        ("fact_inventory_moves", "lot_id", "dim_lots", "lot_id"),
        ("fact_stock_on_hand_snapshot", "location_id", "dim_locations", "location_id"),
    ]:
        found = pl.concat(pipeline.star(table, day) for day in days)[column].drop_nulls()
        assert set(found) <= set(pipeline.star(dimension)[key]), (table, column)


def test_the_lake_is_valid(pipeline: Pipeline) -> None:
    """`nk validate` finds nothing in it, not even something to warn of."""
    report = run_validation(pipeline.settings, pipeline.clock, Console(quiet=True), [], None, None)
    assert report.findings == ()
    assert report.partitions > 6 * DAYS


def test_a_replay_from_raw_and_from_clean_ends_in_the_same_tables(
    pipeline: Pipeline, days: list[date]
) -> None:
    """Without asking Odoo anything."""
    names = [table.name for table in FACTS if table.dataset not in ("stock-quants", "profit")]
    before = {(name, day): pipeline.star(name, day) for name in names for day in days}
    asked = len(pipeline.bus.on(EXTRACT_REQUESTED))
    for from_stage in ("raw", "clean"):
        versions = {day: pipeline.row("pos", day).loaded_version for day in days}
        pipeline.load(DATASETS, days[0], days[-1], from_stage=from_stage)
        assert pipeline.not_loaded() == {}
        assert all((pipeline.row("pos", day).loaded_version or 0) > (versions[day] or 0) for day in days)
        assert all(pipeline.star(name, day).equals(frame) for (name, day), frame in before.items())
    assert len(pipeline.bus.on(EXTRACT_REQUESTED)) == asked


def counted(lines: pl.DataFrame) -> tuple[int, int, float]:
    return lines["move_id"].n_unique(), lines.height, float(lines["quantity"].sum())


def measures(expected: InvoiceMeasures) -> tuple[int, int, float]:
    return expected.documents, expected.lines, expected.quantity
