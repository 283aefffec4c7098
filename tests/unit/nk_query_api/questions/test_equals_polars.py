"""Figures equal a second, independent computation over the lake, for any range and any filters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pytest
from benchmarks.scale_lake import Scale, write_lake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import Stamp, write_table
from nk_common.star import BY_NAME
from nk_query_api.kpis import OVER_SALES
from nk_query_api.kpis.dimensions import dimension
from nk_query_api.questions import kept as kept_in_memory
from nk_query_api.questions.breakdown import Listing, Split, by_dimension
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.summary import kpi_values
from nk_query_api.questions.trend import trend
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.store import ServingStore
from support import sales_by_polars as polars
from support.questions import Ask, context, look_at

T = TypeVar("T")
LAST = date(2026, 6, 30)
DAYS = 80
FIRST = LAST - timedelta(days=DAYS - 1)
SCALE = Scale("tiny", DAYS, 20, 120)
STRANGERS = {
    "dim_products": 4,
    "dim_pos_configs": 5,
    "dim_cashiers": 5,
    "dim_partners": 3,
    "dim_payment_methods": 6,
}
"""Of every so many members, one is taken out of the dimension: sales of what nobody knows are shown as unknown."""
NOW = context("2026-07-01T12:00")
GRAINS: SearchStrategy[Any] = st.sampled_from(["day", "week", "month"])
COMPARISONS: SearchStrategy[Any] = st.sampled_from(["previous", "weekday"])
EVERYTHING = Listing(limit=100_000)


@dataclass(frozen=True)
class Shop:
    """The lake and its lines, and a store that was filled from it."""

    root: Path
    lines: pl.DataFrame
    filters: SearchStrategy[dict[str, Any]]
    ask: Ask[Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("polars")
    root = folder / "lake"
    datasets = ["pos", "invoice-sales", "profit", "dimensions"]
    write_lake(root, SCALE, last_day=LAST, datasets=datasets)
    for table, every in STRANGERS.items():
        _forget_some(root, table, every)
    store = ServingStore(folder / "serving.duckdb", root)
    store.open()
    store.scan()
    lines = polars.sale_lines(root)
    yield Shop(root, lines, filters_among(members_of(lines)), lambda question: look_at(store, question))
    store.close()


def _forget_some(root: Path, table: str, every: int) -> None:
    path = root / "star-schema" / f"{table}.parquet"
    stamp = read_stamp(path)
    assert stamp
    key = pl.col(BY_NAME[table].key[0])
    rows = pl.DataFrame(pl.from_arrow(read_table(path))).filter((key == -1) | (key % every != 0))
    path.unlink()
    write_table(
        path,
        rows.to_arrow().cast(BY_NAME[table].schema),
        BY_NAME[table].schema,
        Stamp(stamp.version, "again", stamp.as_of),
    )


def some(values: SearchStrategy[Any]) -> SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, min_size=1, max_size=4, unique=True).map(tuple)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Whole days, or cut at a time of the last one; short ones as often as those of several months."""
    start = draw(st.integers(0, DAYS - 1))
    end = draw(st.integers(start, DAYS - 1) | st.integers(start, min(start + 3, DAYS - 1)))
    last = FIRST + timedelta(days=end)
    midnight = datetime.combine(last + timedelta(days=1), time())
    until = draw(st.just(midnight) | st.times().map(lambda at: datetime.combine(last, at)))
    return Window(FIRST + timedelta(days=start), last, until)


def filters_among(members: Mapping[str, SearchStrategy[Any]]) -> SearchStrategy[dict[str, Any]]:
    """Up to three filters."""
    names = st.lists(st.sampled_from(sorted(members)), max_size=3, unique=True)
    return names.flatmap(lambda some_: st.fixed_dictionaries({name: members[name] for name in some_}))


def members_of(lines: pl.DataFrame) -> dict[str, SearchStrategy[Any]]:
    """Values that lines have, and some that none has."""

    def of(column: str, *others: Any) -> SearchStrategy[Any]:
        found = sorted(set(lines[column].drop_nulls().unique().to_list()) | set(others))
        return some(st.sampled_from(found))

    hours = st.tuples(st.integers(0, 23), st.integers(0, 23)).map(lambda pair: tuple(sorted(pair)))
    return {
        "source": st.sampled_from(["pos", "invoice"]),
        "hours": hours.filter(lambda pair: pair != (0, 23)),
        "store": of("store_shown", -1, 1, 2),
        "cashier": of("cashier_shown", -1),
        "customer": of("customer_shown", -1, 999_999) | st.just((-1,)),
        "methods": some(st.sampled_from([-1, 1, 2, 3, 4, 5])),
        "product": of("product_shown", -1, 999_999) | st.just((-1,)),
        "category": of("category", -1),
        "parent": of("parent"),
        "brand": of("brand", -1),
        "principal": of("principal"),
    }


def as_filters(given_: Mapping[str, Any]) -> Filters:
    groups = {g: given_[g] for g in ("product", "category", "parent", "brand", "principal") if g in given_}
    return Filters(
        source=given_.get("source", "all"),
        stores=given_.get("store", ()),
        cashiers=given_.get("cashier", ()),
        customers=given_.get("customer", ()),
        payment_methods=given_.get("methods", ()),
        hours=given_.get("hours"),
        product_groups=groups,
    )


def asked_both_ways(shop: Shop, question: Callable[[Snapshot], T]) -> T:
    """The answer, which is the same whether the smallest aggregate is kept in memory or asked of the database."""
    found: T = shop.ask(question)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_in_memory, "_is_kept", lambda *_: False)
        assert shop.ask(question) == found
    return found


def close(value: float | None) -> Any:
    """To a cent; ratios, which are small, to a ten-thousandth. That is exact for counts."""
    return None if value is None else pytest.approx(value, abs=0.01 if abs(value) > 5 else 1e-4)


MANY = settings(
    max_examples=80, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@MANY
@given(st.data(), windows())
def test_every_kpi_of_any_range_and_filters(shop: Shop, data: st.DataObject, window: Window) -> None:
    """All KPIs over sale lines: sums, distinct documents, shares, costs."""
    asked = data.draw(shop.filters)
    kept = polars.narrowed(shop.lines, window.start, window.end, window.until, asked)
    expected = polars.kpis_of(kept)
    found = asked_both_ways(shop, lambda look: kpi_values(look, OVER_SALES, window, as_filters(asked), NOW))
    assert set(found) == set(expected)
    assert found == {slug: close(value) for slug, value in expected.items()}


@MANY
@given(st.data(), windows(), st.sampled_from(sorted(polars.KEYS)))
def test_every_member_of_any_dimension(shop: Shop, data: st.DataObject, window: Window, slug: str) -> None:
    """Whoever no dimension knows is in the unknown member, and a document is counted once in each."""
    asked = data.draw(shop.filters)
    kept = polars.narrowed(shop.lines, window.start, window.end, window.until, asked)
    split = Split(dimension(slug), (), window, as_filters(asked), "none", EVERYTHING)
    found = shop.ask(lambda look: by_dimension(look, split, NOW))
    assert {row.key: (row.revenue, row.quantity, row.transactions) for row in found.rows} == {
        key: (close(revenue), close(items), transactions)
        for key, (revenue, items, transactions) in polars.members_of(kept, slug).items()
    }


@MANY
@given(st.data(), windows(), st.sampled_from(["day", "week", "month"]), st.sampled_from(OVER_SALES))
def test_every_point_of_a_trend(
    shop: Shop, data: st.DataObject, window: Window, grain: Any, kpi: Any
) -> None:
    """A bucket without sales is nothing sold, not nothing known; what begins after the cut is not known."""
    asked = data.draw(shop.filters)
    kept = polars.narrowed(shop.lines, window.start, window.end, window.until, asked)
    found = asked_both_ways(
        shop, lambda look: trend(look, kpi, window, as_filters(asked), grain, "none", NOW)
    )
    expected = polars.buckets_of(kept, grain, kpi.slug)
    nothing = polars.kpis_of(shop.lines.clear())[kpi.slug]
    for point in found.points:
        known = point.bucket < window.until
        assert point.value == (close(expected.pop(point.bucket, nothing)) if known else None)
    assert not expected


@settings(MANY, max_examples=40)
@given(st.data(), st.integers(0, 60), st.integers(1, 60))
def test_every_point_is_compared_with_what_its_own_days_are(
    shop: Shop, data: st.DataObject, before: int, length: int
) -> None:
    """Also where weeks and months of the one range are none of the other; together they are all of it."""
    end = LAST - timedelta(days=before)
    window = whole_days(end - timedelta(days=length - 1), end)
    asked = as_filters(data.draw(shop.filters))
    grain, compare = data.draw(GRAINS), data.draw(COMPARISONS)
    kpi = data.draw(st.sampled_from(OVER_SALES))
    found = asked_both_ways(shop, lambda look: trend(look, kpi, window, asked, grain, compare, NOW))
    against: list[date] = []
    for point in found.points:
        assert point.compare_bucket
        assert point.compare_end
        days = whole_days(point.compare_bucket.date(), point.compare_end)
        against += days.days
        known = days.start >= FIRST
        expected = shop.ask(partial(kpi_values, kpis=[kpi], window=days, filters=asked, context=NOW))[
            kpi.slug
        ]
        assert point.compare_value == (close(expected) if known else None)
    assert found.compare_range
    assert against == whole_days(found.compare_range.start, found.compare_range.end).days


@settings(MANY, max_examples=30)
@given(windows(), st.data())
def test_every_payment_method(shop: Shop, window: Window, data: st.DataObject) -> None:
    """Amounts paid, less change given back, and the orders that were paid so."""
    stores = data.draw(st.just(()) | some(st.sampled_from([-1, 1, 2, 3, 4, 6])))
    methods = data.draw(st.just(()) | some(st.sampled_from([-1, 1, 2, 3, 4, 5])))
    asked = Filters(stores=stores, payment_methods=methods)
    split = Split(dimension("payment-method"), (), window, asked, "none", EVERYTHING)
    found = shop.ask(lambda look: by_dimension(look, split, NOW))
    expected = polars.payments_of(shop.root, window.start, window.end, window.until, stores, methods)
    assert {row.key: (row.revenue, row.transactions) for row in found.rows} == {
        key: (close(amount), orders) for key, (amount, orders) in expected.items()
    }


def test_the_lake_has_what_could_go_wrong(shop: Shop) -> None:
    """Both sources, refunds, exchanges, unknown members, lines without a cost, two methods, whole months."""
    lines = shop.lines
    assert set(lines["source"]) == {"pos", "invoice"}
    assert set(lines["is_refund"]) == {True, False}
    mixed = lines.group_by("source", "document").agg(pl.col("is_refund").n_unique())
    assert mixed["is_refund"].max() == 2
    for column in ("store_shown", "cashier_shown", "customer_shown", "product_shown"):
        assert (lines[column] == -1).any()
        assert (lines[column] != -1).any()
    assert lines["cost"].null_count()
    assert lines["methods"].list.len().max() == 2
