"""When the smallest aggregate of sales is added up in memory, and when the database has to tell."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import pytest

from nk_query_api.kpis import kpi_called
from nk_query_api.questions import kept
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.kept import kept_rows
from nk_query_api.questions.plan import figures
from nk_query_api.questions.summary import kpi_values
from nk_query_api.questions.windows import Window
from nk_query_api.serving.snapshot import Snapshot, snapshot
from support.lake_factory import LakeFactory, sale
from support.questions import context, days, filled_store, look_at

REVENUE = kpi_called("revenue")
ASKED = figures([REVENUE], "document")
RANGE = days("2025-12-20..2025-12-23")
DAY, NEXT = RANGE.days[-1], RANGE.days[0]
POS = Filters(source="pos")


def revenue(look: Snapshot) -> float | None:
    return kpi_values(look, [REVENUE], RANGE, POS, context())["revenue"]


@pytest.mark.parametrize(
    ("window", "filters", "is_kept"),
    [
        (RANGE, Filters(), True),
        (RANGE, Filters(source="pos", stores=(1,)), True),
        (RANGE, Filters(stores=(1, -1)), False),
        (RANGE, Filters(cashiers=(3,)), False),
        (RANGE, Filters(product_groups={"category": (1,)}), False),
        (Window(RANGE.start, RANGE.end, datetime(2025, 12, 23, 9, 30)), Filters(), False),
    ],
)
def test_only_what_the_smallest_aggregate_knows(
    tmp_path: Path, window: Window, filters: Filters, is_kept: bool
) -> None:
    with filled_store(tmp_path, lambda lake: lake.sales(DAY, sale(1, 50.0))) as store:
        found = look_at(store, lambda look: kept_rows(look, window, filters, ASKED))
    assert (found is not None) is is_kept


def test_documents_that_are_counted_one_by_one_are_not_kept(tmp_path: Path) -> None:
    one_by_one = figures([kpi_called("transactions")], None)
    with filled_store(tmp_path, lambda lake: lake.sales(DAY, sale(1, 50.0))) as store:
        assert look_at(store, lambda look: kept_rows(look, RANGE, Filters(), one_by_one)) is None


def test_a_long_aggregate_stays_in_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_MOST_ROWS", 0)
    with filled_store(tmp_path, lambda lake: lake.sales(DAY, sale(1, 50.0))) as store:
        assert look_at(store, lambda look: kept_rows(look, RANGE, POS, ASKED)) is None
        assert look_at(store, revenue) == 50.0


def test_a_loaded_day_is_in_the_next_answer(tmp_path: Path) -> None:
    """A look that began before goes on seeing what it saw, whatever another one made anew meanwhile."""
    with filled_store(tmp_path, lambda lake: lake.sales(DAY, sale(1, 50.0))) as store:
        with snapshot(store.cursor(), threading.Event(), store.known) as before:
            assert revenue(before) == 50.0
            LakeFactory(tmp_path / "lake").sales(NEXT, sale(2, 7.25))
            store.scan()
            assert look_at(store, revenue) == 57.25
            assert revenue(before) == 50.0
        assert look_at(store, revenue) == 57.25
