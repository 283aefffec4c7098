"""The whole pipeline against every Odoo version that the demo can present itself as: the same star schema.

And against Odoos that lack something: one clear message, the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nk_common.star import BY_NAME, TABLES
from nk_common.star.base import StarTable
from nk_demo.faults import FaultRule
from nk_demo.server import DemoServer, running
from nk_demo.settings import DemoSettings
from support.clock import SetClock
from support.pipeline import Pipeline

NOW = "2026-03-20T05:00:00Z"
TODAY = date(2026, 3, 20)
SPAN = (TODAY - timedelta(days=4), TODAY)
DATASETS = ("pos", "invoice-sales", "purchases", "inventory-moves", "stock-quants", "profit", "dimensions")
VERSIONS = (14, 15, 17, 18, 19)
GONE_IN_19 = ("uom_category", "uom_type", "is_scrap")
"""Odoo 19 has neither categories and types of units nor a flag for scrap locations (scrap is known by the move)."""


@contextmanager
def shop(**settings: object) -> Iterator[DemoServer]:
    """A shop of a month, whose clock stands."""
    known = {"port": 0, "days": 40, "orders_per_day": 30, "products": 60, "customers": 60}
    with running(DemoSettings.model_validate({**known, **settings}), SetClock(NOW).now) as server:
        yield server


def star(pipeline: Pipeline) -> dict[str, pl.DataFrame]:
    """Every table, its days one below the other."""
    return {table.name: whole(pipeline, table) for table in TABLES}


def whole(pipeline: Pipeline, table: StarTable) -> pl.DataFrame:
    if table.kind == "dimension":
        return pipeline.star(table.name)
    days = [SPAN[0] + timedelta(days=n) for n in range((SPAN[1] - SPAN[0]).days + 1)]
    return pl.concat(pipeline.star(table.name, day) for day in days)


@contextmanager
def loaded(server: DemoServer, folder: Path, **settings: object) -> Iterator[Pipeline]:
    pipeline = Pipeline(folder, server.port, SetClock(NOW), **settings)
    try:
        pipeline.load(DATASETS, *SPAN)
        yield pipeline
    finally:
        pipeline.close()


@pytest.fixture(scope="module")
def sixteen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """What Odoo 16 gives."""
    with shop() as server, loaded(server, tmp_path_factory.mktemp("16")) as pipeline:
        assert pipeline.not_loaded() == {}
        tables = star(pipeline)
    assert all(tables[name].height > 0 for name in tables if name != "dim_lots")
    return tables


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_gives_the_same_tables(
    tmp_path: Path, sixteen: dict[str, pl.DataFrame], version: int
) -> None:
    with shop(version=version) as server, loaded(server, tmp_path) as pipeline:
        assert pipeline.not_loaded() == {}
        _same(star(pipeline), sixteen, GONE_IN_19 if version == 19 else ())


def test_json_2_gives_the_same_tables(tmp_path: Path, sixteen: dict[str, pl.DataFrame]) -> None:
    with shop(version=19) as server, loaded(server, tmp_path, odoo_transport="json2") as pipeline:
        assert pipeline.not_loaded() == {}
        _same(star(pipeline), sixteen, GONE_IN_19)


def _same(found: dict[str, pl.DataFrame], expected: dict[str, pl.DataFrame], gone: tuple[str, ...]) -> None:
    for name, frame in expected.items():
        missing = [column for column in gone if column in frame.columns]
        assert_frame_equal(found[name].drop(missing), frame.drop(missing), abs_tol=1e-9)
        assert all(found[name][column].null_count() >= frame.height - 1 for column in missing), name


def test_without_mrp_and_pos_hr_only_what_they_tell_is_missing(
    tmp_path: Path, sixteen: dict[str, pl.DataFrame]
) -> None:
    """Cashiers are users then, and a production order has no number; every figure stays."""
    with shop(modules_missing=["mrp", "pos_hr"]) as server, loaded(server, tmp_path) as pipeline:
        assert pipeline.not_loaded() == {}
        found = star(pipeline)
    moves, expected = found["fact_inventory_moves"], sixteen["fact_inventory_moves"]
    assert moves["manufacturing_order_id"].null_count() == moves.height
    assert_frame_equal(moves.drop("manufacturing_order_id"), expected.drop("manufacturing_order_id"))
    assert_frame_equal(found["fact_sales"].drop("cashier_id"), sixteen["fact_sales"].drop("cashier_id"))
    users = set(found["dim_users"]["user_id"])
    assert set(found["fact_sales"]["cashier_id"]) <= users & set(found["dim_cashiers"]["cashier_id"])


@pytest.mark.parametrize(
    ("fault", "failing", "words"),
    [
        ({"kind": "refused_model", "model": "account.move"}, {"invoice-sales", "purchases"}, "may not read"),
        ({"kind": "refused_model", "model": "stock.quant"}, {"stock-quants"}, "may not read"),
        (
            {"kind": "missing_model", "model": "stock.move.line"},
            {"inventory-moves", "stock-quants"},
            "not installed",
        ),
        (
            {"kind": "missing_field", "model": "pos.order.line", "field": "price_subtotal_incl"},
            {"pos"},
            "has no field price_subtotal_incl on pos.order.line",
        ),
        (
            {"kind": "refused_field", "model": "account.move.line", "field": "balance"},
            {"invoice-sales", "purchases"},
            "has no field balance on account.move.line, or its user may not see it",
        ),
    ],
    ids=["invoices refused", "quants refused", "no stock module", "a column gone", "a column refused"],
)
def test_what_cannot_be_read_fails_with_a_sentence_and_the_rest_goes_on(
    tmp_path: Path, fault: dict[str, str], failing: set[str], words: str
) -> None:
    with shop() as server:
        server.faults.replace([FaultRule.model_validate(fault)])
        with loaded(server, tmp_path) as pipeline:
            failed = pipeline.not_loaded()
    assert {name.split()[0] for name in failed} == failing
    assert any(words in sentence for sentence in failed.values()), failed


@pytest.mark.parametrize(
    ("fault", "table", "column"),
    [
        ({"kind": "refused_model", "model": "purchase.order"}, "fact_purchases", "purchase_order_name"),
        ({"kind": "missing_field", "model": "account.move.line", "field": "purchase_order_id"}, "fact_purchases",
         "purchase_order_id"),
        ({"kind": "refused_model", "model": "res.users"}, "fact_inventory_moves", "created_by_user"),
    ],
    ids=["orders refused", "no order field", "users refused"],
)  # fmt: skip
def test_what_is_only_nice_to_have_is_null(
    tmp_path: Path, sixteen: dict[str, pl.DataFrame], fault: dict[str, str], table: str, column: str
) -> None:
    with shop() as server:
        server.faults.replace([FaultRule.model_validate(fault)])
        with loaded(server, tmp_path) as pipeline:
            assert {name.split()[0] for name in pipeline.not_loaded()} <= {"users"}
            found = whole(pipeline, BY_NAME[table])
    assert found[column].null_count() == found.height > 0
    names = [
        name
        for name in found.columns
        if not name.startswith(column.removesuffix("_id").removesuffix("_name"))
    ]
    assert_frame_equal(found.select(names), sixteen[table].select(names))


def test_a_discount_field_of_another_type_is_left_out(
    tmp_path: Path, sixteen: dict[str, pl.DataFrame]
) -> None:
    """A custom field that was renamed, or means something else, is as good as absent."""
    with shop() as server, loaded(server, tmp_path, odoo_discount_field="write_date") as pipeline:
        assert pipeline.not_loaded() == {}
        sales = star(pipeline)["fact_sales"]
    assert sales.height == sixteen["fact_sales"].height
    assert sales["revenue"].sum() > sixteen["fact_sales"]["revenue"].sum(), "no extra discount taken off"
