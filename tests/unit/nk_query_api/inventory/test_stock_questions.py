"""What stock is, on the edges: other places, other moments, other goods."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nk_common.api.inventory import StockLevels, StockReconciliation
from nk_query_api.questions.context import Context
from nk_query_api.questions.inventory.levels import levels
from nk_query_api.questions.inventory.listing import Page
from nk_query_api.questions.inventory.reconciliation import reconciliation
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.inventory.stock import StockQuestion, summary
from nk_query_api.questions.windows import whole_days
from nk_query_api.serving.snapshot import Snapshot, snapshot
from nk_query_api.serving.store import ServingStore
from support.lake_factory import LakeFactory
from support.stock_lake import (
    CUSTOMERS,
    MONDAY,
    PRODUCTION,
    SHOP,
    SUNDAY,
    TODAY,
    TRANSIT,
    TUESDAY,
    VENDORS,
    WAREHOUSE,
    dimensions,
    move,
    moves,
    sold,
)
from support.stock_lake import snapshot as stock_of

NOW = Context(datetime(2025, 12, 24, 12), ZoneInfo("Asia/Jakarta"), "IDR")
INTERNAL, WITH_TRANSIT = Scope(("internal",)), Scope(("internal", "transit"))
PAGE = Page("unexplained")


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    lake = LakeFactory(tmp_path / "lake")
    dimensions(lake)
    return lake


@contextlib.contextmanager
def looking(lake: LakeFactory) -> Iterator[Snapshot]:
    store = ServingStore(lake.root.parent / "serving.duckdb", lake.root)
    store.open()
    store.scan()
    with snapshot(store.cursor(), threading.Event()) as look:
        yield look
    store.close()


def levels_of(lake: LakeFactory, scope: Scope = INTERNAL, **asked: float) -> StockLevels:
    question = StockQuestion(TUESDAY, scope, days=1, **asked)  # type: ignore[arg-type]
    with looking(lake) as look:
        return levels(look, question, None, Page("on_hand"), NOW)


def reconciled(lake: LakeFactory, scope: Scope = INTERNAL, context: Context = NOW) -> StockReconciliation:
    """Monday and Tuesday."""
    with looking(lake) as look:
        return reconciliation(look, whole_days(MONDAY, TUESDAY), scope, PAGE, context)


def on_hand(answer: StockLevels) -> dict[int, float | None]:
    return {row.product_id: row.values["on_hand"] for row in answer.rows}


def test_goods_on_the_way_are_stock_only_where_that_is_configured(lake: LakeFactory) -> None:
    """Trap: other places were summed with the shop's. The snapshot may be older than the setting."""
    stock_of(lake, TUESDAY, "24:00", (1, WAREHOUSE, 5.0), (1, TRANSIT, 2.0), (2, VENDORS, -40.0))
    assert on_hand(levels_of(lake)) == {1: 5.0}
    assert on_hand(levels_of(lake, WITH_TRANSIT)) == {1: 7.0}


def test_a_place_that_the_dimension_lacks_is_stock(lake: LakeFactory) -> None:
    """Snapshots are taken of stock locations; a new one is in the next refresh of the dimension."""
    stock_of(lake, TUESDAY, "24:00", (1, 99, 5.0))
    assert on_hand(levels_of(lake)) == {1: 5.0}


def test_what_sold_and_is_not_there_is_low_and_what_came_back_is_not(lake: LakeFactory) -> None:
    """Trap: a product with net returns read as low stock. Services and lines without a product have no stock."""
    dimensions(lake, 4)
    stock_of(lake, TUESDAY, "24:00", (1, SHOP, -2.0))
    sold(lake, TUESDAY, (1, 2, 20.0), (2, 1, 9.0), (3, -1, -15.0), (4, 1, 5.0), (-1, 1, 5.0))
    answer = levels_of(lake)
    assert [(row.product_id, row.status, row.values["days_of_cover"]) for row in answer.rows] == [
        (2, "low", 0.0), (1, "negative", -1.0),
    ]  # fmt: skip
    with looking(lake) as look:
        cards = {
            k.slug: k.value
            for k in summary(look, StockQuestion(TUESDAY, INTERNAL, 1), NOW, compared=False).kpis
        }
        low = levels(look, StockQuestion(TUESDAY, INTERNAL, 1), "low", Page("on_hand"), NOW)
    assert (cards["low_stock_count"], cards["negative_stock_count"]) == (2.0, 1.0)
    assert [row.product_id for row in low.rows] == [2, 1], "as many as the card counts"


def test_net_returns_make_an_average_of_nothing(lake: LakeFactory) -> None:
    stock_of(lake, TUESDAY, "24:00", (1, SHOP, 3.0))
    sold(lake, TUESDAY, (1, -1, -10.0))
    (row,) = levels_of(lake).rows
    assert (row.values["average_daily_sold"], row.values["days_of_cover"], row.status) == (0.0, None, "ok")


def test_without_sales_nothing_is_known_to_be_dead(lake: LakeFactory) -> None:
    """Missing is not zero."""
    stock_of(lake, TUESDAY, "24:00", (1, SHOP, 3.0))
    (row,) = levels_of(lake).rows
    assert (row.sold, row.status, row.values["average_daily_sold"], row.values["on_hand"]) == (
        None,
        None,
        None,
        3.0,
    )
    with looking(lake) as look:
        answer = summary(look, StockQuestion(TUESDAY, INTERNAL, 1), NOW, compared=False)
    values = {kpi.slug: kpi.value for kpi in answer.kpis}
    assert (values["on_hand"], values["dead_stock_count"], values["low_stock_count"]) == (3.0, None, None)


def test_on_a_reconstructed_day_nobody_knows_what_was_reserved(lake: LakeFactory) -> None:
    stock_of(lake, TUESDAY, "24:00", (1, SHOP, 3.0), reconstructed=True)
    answer = levels_of(lake)
    assert (answer.stock.reconstructed, answer.rows[0].values["reserved"], answer.total["reserved"]) == (
        True, None, None,
    )  # fmt: skip


def test_a_product_that_the_dimension_lacks_keeps_its_own_row(lake: LakeFactory) -> None:
    stock_of(lake, TUESDAY, "24:00", (998, SHOP, 3.0), (999, SHOP, 4.0))
    answer = levels_of(lake)
    assert [(row.product_id, row.label, row.brand) for row in answer.rows] == [
        (999, "(no product)", "(no brand)"), (998, "(no product)", "(no brand)"),
    ]  # fmt: skip


def test_the_running_day_is_in_no_average(lake: LakeFactory) -> None:
    """Half a day of sales would drag it down: it ends with yesterday."""
    stock_of(lake, TODAY, "07:00", (1, SHOP, 3.0), as_of="2025-12-24T07:00+07:00")
    with looking(lake) as look:
        answer = summary(look, StockQuestion(None, INTERNAL, 2), NOW, compared=False)
    assert (answer.as_of, answer.sold.range.start, answer.sold.range.end) == (TODAY, MONDAY, TUESDAY)


def test_goods_that_are_stuck_on_the_way_leave_stock(lake: LakeFactory) -> None:
    """Six are sent, four arrive: transfers took two, and moves explain it, whatever is configured."""
    stock_of(lake, SUNDAY, "24:00", (1, WAREHOUSE, 10.0))
    stock_of(lake, TUESDAY, "24:00", (1, WAREHOUSE, 4.0), (1, SHOP, 4.0), (1, TRANSIT, 2.0))
    moves(lake, MONDAY, move("transfer", 1, 6, WAREHOUSE, TRANSIT))
    moves(lake, TUESDAY, move("transfer", 1, 4, TRANSIT, SHOP))
    without, with_transit = reconciled(lake), reconciled(lake, WITH_TRANSIT)
    assert (without.effects["transfer"], without.values["end_on_hand"], without.values["unexplained"]) == (
        -2.0,
        8.0,
        0.0,
    )
    assert (with_transit.effects["transfer"], with_transit.values["end_on_hand"]) == (0.0, 10.0)
    assert with_transit.values["unexplained"] == 0.0


def test_consumables_move_and_are_not_reconciled(lake: LakeFactory) -> None:
    """Odoo keeps no stock of them, so their moves can never add up."""
    dimensions(lake, 4)
    stock_of(lake, SUNDAY, "24:00", (1, WAREHOUSE, 10.0))
    stock_of(lake, TUESDAY, "24:00", (1, WAREHOUSE, 10.0))
    moves(lake, MONDAY, move("incoming", 4, 6, VENDORS, WAREHOUSE))
    moves(lake, TUESDAY)
    answer = reconciled(lake)
    assert ([row.product_id for row in answer.rows], answer.differing) == ([1], 0)


def test_moves_read_before_their_day_was_over_explain_nothing(lake: LakeFactory) -> None:
    stock_of(lake, SUNDAY, "24:00", (1, WAREHOUSE, 10.0))
    stock_of(lake, TUESDAY, "24:00", (1, WAREHOUSE, 10.0))
    moves(lake, MONDAY, as_of="2025-12-22T11:00+07:00")
    moves(lake, TUESDAY)
    answer = reconciled(lake)
    assert (answer.missing_moves, answer.values["unexplained"]) == ([MONDAY], None)


def test_a_snapshot_before_the_moves_of_its_day_are_loaded_is_no_midnight(lake: LakeFactory) -> None:
    """The begin is shown as it was taken, and the difference is not known."""
    stock_of(lake, SUNDAY, "07:00", (1, WAREHOUSE, 10.0))
    stock_of(lake, TUESDAY, "24:00", (1, WAREHOUSE, 10.0))
    moves(lake, MONDAY)
    moves(lake, TUESDAY)
    answer = reconciled(lake)
    assert (answer.values["begin_on_hand"], answer.missing_moves, answer.differing) == (10.0, [SUNDAY], None)


def test_an_empty_shop_is_held_and_empty(lake: LakeFactory) -> None:
    stock_of(lake, SUNDAY, "24:00", as_of="2025-12-22T01:00+07:00")
    stock_of(lake, TUESDAY, "24:00", (1, WAREHOUSE, 5.0))
    moves(lake, MONDAY, move("incoming", 1, 5, VENDORS, WAREHOUSE))
    moves(lake, TUESDAY)
    answer = reconciled(lake)
    assert (answer.begin.day, answer.values["begin_on_hand"], answer.values["unexplained"]) == (
        SUNDAY,
        0.0,
        0.0,
    )


def test_today_is_explained_as_far_as_it_was_read(lake: LakeFactory) -> None:
    """Snapshot at 07:00; one piece left at ten, moves were read at half past eleven."""
    stock_of(lake, TUESDAY, "24:00", (1, SHOP, 3.0))
    stock_of(lake, TODAY, "07:00", (1, SHOP, 3.0), as_of="2025-12-24T07:00+07:00")
    moves(lake, TODAY, move("outgoing", 1, 1, SHOP, CUSTOMERS), as_of="2025-12-24T11:30+07:00")
    sold(lake, TODAY, (1, 1, 10.0), as_of="2025-12-24T11:30+07:00")
    with looking(lake) as look:
        answer = reconciliation(look, whole_days(TODAY, TODAY), INTERNAL, PAGE, NOW)
    assert answer.values == {
        "begin_on_hand": 3.0, "end_on_hand": 2.0, "sold": 1.0, "unexplained": 0.0, "variance": 0.0,
    }  # fmt: skip


def test_what_was_made_and_used_is_told_apart(lake: LakeFactory) -> None:
    stock_of(lake, SUNDAY, "24:00", (2, WAREHOUSE, 4.0))
    stock_of(lake, TUESDAY, "24:00", (2, WAREHOUSE, 2.0), (3, WAREHOUSE, 1.0))
    moves(
        lake, MONDAY, move("production_out", 2, 2, WAREHOUSE, PRODUCTION),
        move("production_in", 3, 1, PRODUCTION, WAREHOUSE),
    )  # fmt: skip
    moves(lake, TUESDAY)
    answer = reconciled(lake)
    assert (answer.effects["production_in"], answer.effects["production_out"]) == (1.0, -2.0)
    assert answer.differing == 0
