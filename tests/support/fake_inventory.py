"""The stock of the made-up shop: four products, and figures that a test can add up in its head.

Stock: cost 240,000 + 1,000,000 + 3,000,000 + 60,000 = 4,300,000. Sell-through of a range: 60 sold of 100 + 50.
ABC: ten products, of which two make 80 % of 10,000,000. Moves: 100 + 50 - 62 - 2 = 86, of which 85 are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from pydantic import BaseModel

from nk_common.api.common import DateRange, Text, Unit
from nk_common.api.inventory import (
    AbcAnalysis,
    AbcCategory,
    AbcClass,
    AbcClassTotal,
    AbcItem,
    AbcPoint,
    FlowRow,
    InventorySummary,
    MovedRow,
    Movements,
    MovementType,
    ReconciledRow,
    SellThrough,
    SoldDays,
    StockLevels,
    StockMoment,
    StockReconciliation,
    StockRow,
    StockStatus,
    Values,
)
from nk_common.api.sales import KpiValue
from support.fake_shop import Shop

Asked = Mapping[str, str]
COUNTS: tuple[tuple[str, float, Unit], ...] = (
    ("stock_value_cost", 4_300_000, "currency"), ("stock_value_list", 7_790_000, "currency"),
    ("on_hand", 351, "quantity"), ("products_in_stock", 4, "count"), ("days_of_cover", 70.2, "quantity"),
    ("low_stock_count", 2, "count"), ("dead_stock_count", 1, "count"), ("overstock_count", 1, "count"),
)  # fmt: skip


def summary(shop: Shop, _: DateRange, asked: Asked, __: str) -> BaseModel:
    day = _day(shop, asked)
    kpis = [_kpi(slug, value if shop.has_figures(day) else None, unit) for slug, value, unit in COUNTS]
    return InventorySummary(
        meta=shop.meta(DateRange(start=day, end=day)), as_of=day, stock=_taken(shop, day),
        nearest=None if shop.has_figures(day) else shop.today, sold=_sold(shop), low_cover=7, over_cover=90, kpis=kpis,
    )  # fmt: skip


def stock(shop: Shop, _: DateRange, asked: Asked, __: str) -> BaseModel:
    day = _day(shop, asked)
    status, search = asked.get("status"), asked.get("search", "").lower()
    held = [row for row in ROWS if status in {None, row.status} and search in row.label.lower()]
    found = sorted(held, key=lambda row: -(row.values["stock_value_cost"] or 0))
    if not shop.has_figures(day):
        found = []
    offset = int(asked.get("offset", 0))
    total: Values = {slug: sum(row.values[slug] or 0 for row in found) for slug in SUMMED}
    return StockLevels(
        meta=shop.meta(DateRange(start=day, end=day)), as_of=day, stock=_taken(shop, day),
        nearest=None if shop.has_figures(day) else shop.today, sold=_sold(shop), low_cover=7, over_cover=90,
        by="product", total_rows=len(found), total=total, rows=found[offset : offset + int(asked.get("limit", 50))],
    )  # fmt: skip


def sell_through(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    known = bool(shop.meta(days).days.loaded)
    total = _flow(100, 60 if asked["include_adjustments"] == "true" else 50, 60) if known else _unknown()
    rows = [
        FlowRow(key="3", label="Serum", path=["Kulit", "Serum"], values=_flow(60, 20, 40)),
        FlowRow(key="4", label="Lipstik", path=["Rias", "Lipstik"], values=_flow(40, 30, 20)),
    ]
    if asked.get("order") == "asc":
        rows.reverse()
    return SellThrough(
        meta=shop.meta(days), range=days, begin=_taken(shop, days.start), end=_taken(shop, days.end),
        group=asked["group"], include_production=asked["include_production"] == "true",
        include_adjustments=asked["include_adjustments"] == "true", missing_moves=[], kpis=[*total],
        total_rows=2 if known else 0, total=total, rows=rows if known else [],
    )  # fmt: skip


def abc(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    known = bool(shop.revenue(days))
    item = AbcItem(
        rank=1, product_id=7, code="NK7", barcode=None, label="Serum Lumina", path=["Kulit", "Serum", "Serum Lumina"],
        revenue=5_000_000, quantity=50, share_of_revenue=0.5, cumulative_share=0.5, abc="A",
    )  # fmt: skip
    rows = [item] if known and asked.get("abc") in {None, "A"} else []
    return AbcAnalysis(
        meta=shop.meta(days), range=days, a=0.2, b=0.3, stock=_taken(shop, days.end), skus=10,
        revenue=10_000_000 if known else None, without_product=0, classes=CLASSES if known else [],
        curve=CURVE if known else [], categories=CATEGORIES if known else [], total_rows=len(rows), rows=rows,
    )  # fmt: skip


def movements(shop: Shop, days: DateRange, asked: Asked, _: str) -> BaseModel:
    types = [
        _type("incoming", 5, 50, arrived=50), _type("outgoing", 30, -62, departed=62),
        _type("transfer", 4, 0, arrived=12, departed=12), _type("adjustment", 1, -2, departed=2),
    ]  # fmt: skip
    row = MovedRow(
        key="7", label="Serum Lumina", path=["Kulit", "Serum", "Serum Lumina"], lines=9, quantity=-12, arrived=20,
        departed=32, effect=-12, by_type={"outgoing": -32, "incoming": 20},
    )  # fmt: skip
    by = asked["by"]
    kinds = [MovedRow(**kind.model_dump(exclude={"name"})) for kind in types]
    rows = kinds if by == "type" else [_renamed(row, by, days)]
    return Movements(
        meta=shop.meta(days), range=days, by=by, types=types, total_rows=len(rows), rows=rows,
    )  # fmt: skip


def reconciliation(shop: Shop, days: DateRange, *_: object) -> StockReconciliation:
    effects: Values = {"incoming": 50, "outgoing": -62, "transfer": 0, "adjustment": -2, "scrap": 0}
    values: Values = {"begin_on_hand": 100, "end_on_hand": 85, "sold": 60, "unexplained": 1, "variance": 3}
    row = ReconciledRow(
        product_id=7,
        label="Serum Lumina",
        path=["Kulit", "Serum", "Serum Lumina"],
        effects=effects,
        values=values,
    )
    return StockReconciliation(
        meta=shop.meta(days), range=days, begin=_taken(shop, days.start), end=_taken(shop, days.end),
        missing_moves=[], missing_moves_count=0,
        missing_sales_count=0, effects=effects, values=values, products=4, differing=1, rows=[row],
    )  # fmt: skip


def _row(key: int, path: list[str], status: StockStatus, values: tuple[float | None, ...]) -> StockRow:
    return StockRow(
        product_id=key, code=f"NK{key}", barcode=None, label=path[-1], path=path, brand="Lumina", location_id=None,
        location=None, unit_cost=None, list_price=None, sold=None, values=dict(zip(SLUGS, values, strict=True)),
        status=status,
    )  # fmt: skip


SUMMED = ("on_hand", "reserved", "stock_value_cost", "stock_value_list", "average_daily_sold")
SLUGS = (*SUMMED, "days_of_cover")
ROWS = (
    _row(7, ["Kulit", "Serum", "Serum Lumina"], "low", (6, 1, 240_000, 540_000, 2, 3)),
    _row(8, ["Kulit", "Krim", "Krim Aruna"], "dead", (40, 0, 1_000_000, 2_000_000, 0, None)),
    _row(9, ["Rias", "Lipstik", "Lipstik Merona"], "overstock", (300, 0, 3_000_000, 5_000_000, 2, 150)),
    _row(10, ["Rias", "Serum", "Serum Merona"], "low", (5, 0, 60_000, 250_000, 1, 5)),
)
CLASSES = [
    AbcClassTotal(abc="A", skus=2, share_of_skus=0.2, revenue=8_000_000, share_of_revenue=0.8),
    AbcClassTotal(abc="B", skus=3, share_of_skus=0.3, revenue=1_500_000, share_of_revenue=0.15),
    AbcClassTotal(abc="C", skus=5, share_of_skus=0.5, revenue=500_000, share_of_revenue=0.05),
]
CURVE = [
    AbcPoint(share_of_skus=skus, share_of_revenue=revenue)
    for skus, revenue in ((0, 0), (0.2, 0.8), (0.5, 0.95), (1, 1))
]
CATEGORIES = [
    AbcCategory(
        key="3", label="Serum", path=["Kulit", "Serum"], skus={"A": 2, "B": 1, "C": 1},
        revenue={"A": 8_000_000, "B": 500_000, "C": 100_000},
    ),
    AbcCategory(
        key="4", label="Lipstik", path=["Rias", "Lipstik"], skus={"A": 0, "B": 2, "C": 4},
        revenue=dict[AbcClass, float]({"A": 0, "B": 1_000_000, "C": 400_000}),
    ),
]  # fmt: skip


def _flow(begin: float, received: float, sold: float) -> Values:
    end = begin + received - sold
    share = round(sold / (begin + received), 6)
    return {
        "sell_through": share, "begin_on_hand": begin, "received": received, "sold": sold, "end_on_hand": end,
        "adjusted": 0,
    }  # fmt: skip


def _unknown() -> Values:
    return dict.fromkeys(_flow(1, 1, 1))


def _type(kind: str, lines: int, effect: float, *, arrived: float = 0, departed: float = 0) -> MovementType:
    return MovementType(
        key=kind, label=kind, path=[kind], lines=lines, quantity=effect, arrived=arrived, departed=departed,
        effect=effect, by_type={kind: effect}, name=Text(id=kind, en=kind),
    )  # fmt: skip


def _renamed(row: MovedRow, by: str, days: DateRange) -> MovedRow:
    """A place or a day instead of a product."""
    if by == "product":
        return row
    key = days.end.isoformat() if by == "day" else "20"
    return row.model_copy(update={"key": key, "label": key if by == "day" else "KMG/Stock", "path": [key]})


def _day(shop: Shop, asked: Asked) -> date:
    return date.fromisoformat(asked.get("as_of", shop.today.isoformat()))


def _taken(shop: Shop, day: date) -> StockMoment:
    if not shop.has_figures(day):
        return StockMoment(day=None, taken_at=None, reconstructed=False)
    return StockMoment(day=day, taken_at=datetime.combine(day, time(7)), reconstructed=False)


def _sold(shop: Shop) -> SoldDays:
    days = DateRange(start=shop.today - timedelta(days=30), end=shop.today - timedelta(days=1))
    return SoldDays(range=days, days=shop.meta(days).days)


def _kpi(slug: str, value: float | None, unit: Unit) -> KpiValue:
    name = Text(id=slug, en=slug)
    return KpiValue(slug=slug, name=name, description=name, unit=unit, value=value)
