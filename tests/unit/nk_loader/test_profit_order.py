"""Rule 9: profit does not depend on the order of loading, and a changed bill reaches no further than it must.

Small businesses at random, loaded in any order, some days twice and with other content first; after each load the
days are derived that the extractor would ask for. An oracle in plain Python knows what must come out.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nk_common.lake import writer
from nk_common.star import tables_of
from support.lake_factory import Row, sale
from support.rebuilding import Rebuilder

FIRST = date(2026, 1, 5)
DAYS = [FIRST + timedelta(days=n) for n in range(4)]
PRODUCTS = st.integers(1, 2)
EVENTS = st.lists(st.tuples(PRODUCTS, st.integers(1, 9), st.integers(1, 3)), max_size=3)
"""Of a day: product, unit cost, bill."""
SALES = st.lists(st.tuples(PRODUCTS, st.integers(-1, 3).filter(bool), st.integers(1, 50)), max_size=3)
"""Of a day: product, quantity, revenue."""
UNHURRIED = settings(deadline=None, max_examples=10)

Content = list[tuple[int, int, int]]
Load = tuple[str, date, Content]


@dataclass
class Shop:
    """A lake, its loader, and what it holds by (dataset, day)."""

    loader: Rebuilder
    held: dict[tuple[str, date], Content] = field(default_factory=dict)
    versions: Iterator[int] = field(default_factory=lambda: count(1))

    def load(self, dataset: str, day: date, content: Content) -> None:
        """One day of one dataset, as the loader writes it."""
        ids = [day.day * 100 + n for n in range(len(content))]
        lake, version = self.loader.lake, next(self.versions)
        if dataset == "purchases":
            rows = [_event(*one, line=n) for n, one in zip(ids, content, strict=True)]
            lake.day("purchases", day, {"fact_product_cost_events": rows}, version=version)
        elif dataset == "pos":
            lines = [
                sale(n, float(revenue), line_id=n, product_id=p, quantity=float(q), is_refund=q < 0)
                for n, (p, q, revenue) in zip(ids, content, strict=True)
            ]
            lake.sales(day, *lines, version=version)
        else:
            rows = [_invoice_line(*one, line=n) for n, one in zip(ids, content, strict=True)]
            lake.day("invoice-sales", day, {"fact_invoice_sales": rows}, version=version)
        self.held[dataset, day] = content

    def sold_on(self, day: date) -> bool:
        return ("pos", day) in self.held or ("invoice-sales", day) in self.held

    def derive_after(self, dataset: str, day: date) -> None:
        """As the driver asks: the day of a sale; after a bill, every day from it on."""
        reached = [d for d in DAYS if d == day or (dataset == "purchases" and d > day)]
        for one in reached:
            if self.sold_on(one):
                asyncio.run(self.loader.rebuild(next(self.versions), one))

    def tables(self) -> dict[tuple[str, date], pl.DataFrame]:
        paths = {
            (t.name, d): self.loader.lake.layout.star(t.name, d) for t in tables_of("profit") for d in DAYS
        }
        return {key: pl.read_parquet(path) for key, path in paths.items() if path.exists()}

    def signatures(self) -> dict[date, tuple[int, ...]]:
        """Of the files of every derived day."""
        inodes = {
            day: tuple(
                path.stat().st_ino + path.stat().st_mtime_ns
                for table in tables_of("profit")
                if (path := self.loader.lake.layout.star(table.name, day)).exists()
            )
            for day in DAYS
        }
        return {day: numbers for day, numbers in inodes.items() if numbers}

    def costs(self, day: date) -> dict[int, int]:
        """The oracle: what each product cost by `day`."""
        events = sorted(
            (when, bill, when.day * 100 + n, product, cost)
            for (dataset, when), bought in self.held.items()
            if dataset == "purchases" and when <= day
            for n, (product, cost, bill) in enumerate(bought)
        )
        return {product: cost for _, _, _, product, cost in events}  # of equals, the last counts

    def lines(self, day: date) -> list[tuple[str, int, int, float | None]]:
        """The oracle: source, line, product and gross profit of every sale of `day`."""
        costs = self.costs(day)
        return [
            (source, line, product, revenue - quantity * costs[product] if product in costs else None)
            for dataset, source in (("invoice-sales", "invoice"), ("pos", "pos"))
            for line, (product, quantity, revenue) in enumerate(
                self.held.get((dataset, day), []), day.day * 100
            )
        ]


def _event(product: int, cost: int, bill: int, line: int) -> Row:
    return {
        "product_id": product, "cost_unit_tax_in": float(cost), "source_move_id": bill,
        "source_move_line_id": line,
    }  # fmt: skip


def _invoice_line(product: int, quantity: int, revenue: int, line: int) -> Row:
    return {
        "move_id": line, "move_line_id": line, "product_id": product, "quantity": float(quantity),
        "revenue": float(revenue), "is_refund": quantity < 0,
    }  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _unhurried_disk() -> Iterator[None]:
    """Hundreds of files: what is tested here is order, and not what a power cut leaves."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(writer, "_sync", lambda _: None)
        yield


@contextmanager
def new_shop() -> Iterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        yield Shop(Rebuilder(Path(folder)))


@st.composite
def businesses(draw: st.DrawFn) -> list[Load]:
    """The days of a small business. Some days of a dataset were never loaded."""
    kinds = (("pos", SALES), ("invoice-sales", SALES), ("purchases", EVENTS))
    return [
        (dataset, day, draw(content)) for day in DAYS for dataset, content in kinds if draw(st.integers(0, 3))
    ]


@given(data=st.data(), final=businesses())
@UNHURRIED
def test_rule_9_any_order_of_loading_ends_in_the_same_tables(data: Any, final: list[Load]) -> None:
    twice = data.draw(st.lists(st.sampled_from(final), max_size=4)) if final else []
    early = [
        (dataset, day, data.draw(EVENTS if dataset == "purchases" else SALES)) for dataset, day, _ in twice
    ]
    loads = [*early, *data.draw(st.permutations([*final, *data.draw(st.sampled_from([[], final[:2]]))]))]
    with new_shop() as shuffled, new_shop() as plain:
        for dataset, day, content in loads:
            shuffled.load(dataset, day, content)
            shuffled.derive_after(dataset, day)
        for load in final:
            plain.load(*load)
        for day in DAYS:
            plain.derive_after("pos", day)
        expected, got = plain.tables(), shuffled.tables()
        assert got.keys() == expected.keys()
        assert [key for key in got if not got[key].equals(expected[key])] == []
        for (table, day), rows in got.items():
            if table == "fact_sales_lines_profit":
                columns = rows.select("source", "line_id", "product_id", "gross_profit")
                assert columns.rows() == plain.lines(day)


@given(business=businesses(), changed=st.sampled_from(DAYS), events=EVENTS)
@UNHURRIED
def test_rule_9_a_changed_bill_restates_the_days_it_reaches_and_no_others(
    business: list[Load], changed: date, events: Content
) -> None:
    with new_shop() as shop:
        for load in business:
            shop.load(*load)
        for day in DAYS:
            shop.derive_after("pos", day)
        before, oracle = shop.signatures(), {day: shop.lines(day) for day in DAYS}
        shop.load("purchases", changed, events)
        shop.derive_after("purchases", changed)
        restated = {day for day, signature in shop.signatures().items() if signature != before[day]}
        assert {day for day in before if shop.lines(day) != oracle[day]} <= restated
        assert all(_reaches(shop, changed, day) for day in restated)


def _reaches(shop: Shop, changed: date, day: date) -> bool:
    """Whether some product sold on `day` has no cost event after `changed` and up to `day`."""
    sold = {p for kind in ("pos", "invoice-sales") for p, *_ in shop.held.get((kind, day), [])}
    bought_since = {
        p
        for (kind, when), events in shop.held.items()
        if kind == "purchases" and changed < when <= day
        for p, *_ in events
    }
    return day >= changed and bool(sold - bought_since)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Product 1: bought on the 5th for 10 and on the 7th for 12, sold on each of four days for 20."""
    shop = Shop(Rebuilder(tmp_path))
    shop.load("purchases", DAYS[0], [(1, 10, 1)])
    shop.load("purchases", DAYS[2], [(1, 12, 2)])
    for day in DAYS:
        shop.load("pos", day, [(1, 1, 20)])
        shop.derive_after("pos", day)
    return shop


def profits(shop: Shop) -> list[float]:
    return [shop.tables()["agg_profit_daily", day]["gross_profit"][0] for day in DAYS]


def test_rule_9_by_hand(shop: Shop) -> None:
    assert profits(shop) == [10.0, 10.0, 8.0, 8.0]
    before = shop.signatures()
    shop.load("purchases", DAYS[0], [(1, 11, 1)])
    shop.derive_after("purchases", DAYS[0])
    assert profits(shop) == [9.0, 9.0, 8.0, 8.0]
    after = shop.signatures()
    assert [day for day in DAYS if after[day] != before[day]] == DAYS[:2]


def test_a_bill_that_is_taken_back_leaves_the_cost_before_it(shop: Shop) -> None:
    shop.load("purchases", DAYS[2], [])
    shop.derive_after("purchases", DAYS[2])
    assert profits(shop) == [10.0, 10.0, 10.0, 10.0]
    shop.load("purchases", DAYS[0], [])
    shop.derive_after("purchases", DAYS[0])
    daily = shop.tables()["agg_profit_daily", DAYS[3]].row(0, named=True)
    assert (daily["gross_profit"], daily["revenue_without_cost"]) == (0.0, 20.0)
