"""A small shop's stock: two places, four products, three days, worked out by hand.

Monday the 22nd and Tuesday the 23rd are the range; Sunday the 21st is the day before it. Snapshots were taken on
Sunday at 07:00 and on Tuesday at 20:00, so moves of either day lie on both sides of them.

    product      Sunday 07:00  later   begin   Monday                  Tuesday                     20:00  later   end
    1 Serum A    WH 10, TK 5   -1        14    +20, 6 to TK, -4, +1    -1 scrapped, -2 to vendor      28  -1       27
    2 Serum B    WH 4                     4    -1                      -2 used up                      1            1
    3 Hair Serum                          0                            +8 made, -3                     5            5
    4 Comb       WH 3                     3    -1 lost                                                 2            2
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nk_common.datasets.base import PartitionKey
from support.lake_factory import PRODUCTS, LakeFactory, Row, sale

SUNDAY, MONDAY, TUESDAY, TODAY = (date(2025, 12, day) for day in (21, 22, 23, 24))
WAREHOUSE, SHOP, TRANSIT, VENDORS, CUSTOMERS, LOSSES, PRODUCTION, SCRAP = 8, 20, 30, 4, 5, 14, 15, 16
USAGES = {
    WAREHOUSE: "internal", SHOP: "internal", TRANSIT: "transit", VENDORS: "supplier", CUSTOMERS: "customer",
    LOSSES: "inventory", PRODUCTION: "production", SCRAP: "inventory",
}  # fmt: skip
NAMES = {WAREHOUSE: "WH/Stock", SHOP: "TK/Stock", TRANSIT: "Transit"}
LIST_PRICES = {1: 2000.0, 2: 900.0, 3: 1500.0, 4: None}


def move(kind: str, product: int, quantity: float, source: int, dest: int, at: str = "10:00") -> Row:
    """A move line; its quantity gets the sign of rule 10."""
    stock = ("internal",)
    leaves = USAGES[source] in stock and USAGES[dest] not in stock
    return {
        "at": at, "movement_type": kind, "product_id": product, "qty_moved": -quantity if leaves else quantity,
        "location_src_id": source, "location_src_usage": USAGES[source], "location_dest_id": dest,
        "location_dest_usage": USAGES[dest], "inventory_adjustment_flag": kind == "adjustment",
    }  # fmt: skip


def moves(lake: LakeFactory, day: date, *rows: Row, **when: Any) -> None:
    """One day of `inventory-moves`."""
    dated = [
        {**row, "date": datetime.combine(day, time.fromisoformat(row["at"])), "move_line_id": n, "move_id": n}
        for n, row in enumerate(rows, start=day.toordinal() * 1000)
    ]
    lake.day("inventory-moves", day, {"fact_inventory_moves": dated}, **when)


def snapshot(
    lake: LakeFactory,
    day: date,
    at: str,
    *heaps: tuple[int, int, float],
    reconstructed: bool = False,
    **when: Any,
) -> None:
    """One day of `stock-quants`: (product, location, quantity). One unit of each heap is reserved. `at` is a time of
    the day, or 24:00; that is when Odoo was read, unless `when` says otherwise."""
    midnight = datetime.combine(day + timedelta(days=1), time())
    taken = midnight if at == "24:00" else datetime.combine(day, time.fromisoformat(at))
    rows = [
        {"quant_id": n, "product_id": product, "location_id": location, "quantity": quantity,
         "reserved_quantity": 1.0, "reconstructed": reconstructed, "taken_at": taken}
        for n, (product, location, quantity) in enumerate(heaps)
    ]  # fmt: skip
    read = {"as_of": taken.replace(tzinfo=ZoneInfo("Asia/Jakarta")), **when}
    lake.day("stock-quants", day, {"fact_stock_on_hand_snapshot": rows}, **read)


def costs(lake: LakeFactory, day: date, *events: tuple[int, float, int, int]) -> None:
    """One day of `purchases`: (product, cost, bill, line)."""
    rows = [
        {"product_id": product, "cost_unit_tax_in": cost, "source_move_id": bill, "source_move_line_id": line}
        for product, cost, bill, line in events
    ]
    lake.day("purchases", day, {"fact_product_cost_events": rows})


def sold(lake: LakeFactory, day: date, *lines: tuple[int, float, float], **when: Any) -> None:
    """One day of sales of the till: (product, quantity, revenue); and one without invoices."""
    rows = [
        sale(
            day.toordinal() * 100 + n, revenue, product_id=product, quantity=quantity, is_refund=quantity < 0,
            customer_id=None,
        )
        for n, (product, quantity, revenue) in enumerate(lines)
    ]  # fmt: skip
    lake.sales(day, *rows, **when)
    lake.day("invoice-sales", day, {}, **when)


def dimensions(lake: LakeFactory, *unstored: int) -> None:
    """Products with prices, and locations. Of the products `unstored` no stock is kept: a later version, then."""
    names = (
        "product_id", "product_name", "category_id", "product_parent_category", "product_category",
        "category_path", "product_brand_id", "product_brand", "principal_name",
    )  # fmt: skip
    products = [
        {**dict(zip(names, row, strict=True)), "active": True, "default_code": f"SKU-{row[0]}",
         "list_price": LIST_PRICES.get(row[0]), "is_storable": row[0] not in unstored}
        for row in PRODUCTS
    ]  # fmt: skip
    lake.dimensions(f"2025-01-0{2 if unstored else 1}T00:00+07:00", dim_products=products)
    places = [
        {"location_id": place, "location_name": NAMES.get(place, "-"), "complete_name": NAMES.get(place, "-"),
         "usage": usage, "active": True}
        for place, usage in USAGES.items()
    ]  # fmt: skip
    moment = datetime.fromisoformat("2025-01-01T00:00+07:00")
    lake.write(PartitionKey("locations", None), {"dim_locations": places}, 1, moment)


def write_shop(lake: LakeFactory, *, sunday: bool = True) -> None:
    """The table above. Without `sunday`, its snapshot is not held."""
    dimensions(lake)
    if sunday:
        snapshot(
            lake,
            SUNDAY,
            "07:00",
            (1, WAREHOUSE, 10.0),
            (1, SHOP, 5.0),
            (2, WAREHOUSE, 4.0),
            (4, WAREHOUSE, 3.0),
        )
    snapshot(
        lake, TUESDAY, "20:00", (1, WAREHOUSE, 22.0), (1, SHOP, 6.0), (2, WAREHOUSE, 1.0), (3, WAREHOUSE, 5.0),
        (4, WAREHOUSE, 2.0),
    )  # fmt: skip
    moves(
        lake, SUNDAY, move("incoming", 1, 2, VENDORS, WAREHOUSE, "06:00"),
        move("outgoing", 1, 1, SHOP, CUSTOMERS, "09:00"),
    )  # fmt: skip
    moves(
        lake, MONDAY, move("incoming", 1, 20, VENDORS, WAREHOUSE), move("transfer", 1, 6, WAREHOUSE, SHOP),
        move("outgoing", 1, 4, SHOP, CUSTOMERS), move("outgoing", 2, 1, WAREHOUSE, CUSTOMERS),
        move("return_in", 1, 1, CUSTOMERS, SHOP), move("adjustment", 4, 1, WAREHOUSE, LOSSES),
    )  # fmt: skip
    moves(
        lake, TUESDAY, move("production_in", 3, 8, PRODUCTION, WAREHOUSE),
        move("production_out", 2, 2, WAREHOUSE, PRODUCTION), move("scrap", 1, 1, SHOP, SCRAP),
        move("return_out", 1, 2, WAREHOUSE, VENDORS), move("outgoing", 3, 3, WAREHOUSE, CUSTOMERS),
        move("outgoing", 1, 1, SHOP, CUSTOMERS, "21:00"),
    )  # fmt: skip
    sold(lake, SUNDAY, (1, 1, 100.0))
    sold(lake, MONDAY, (1, 4, 400.0), (1, -1, -100.0), (2, 1, 50.0))
    sold(lake, TUESDAY, (3, 3, 300.0), (1, 1, 100.0))
    costs(lake, date(2025, 12, 20), (1, 1000.0, 1, 1))
    costs(lake, MONDAY, (1, 1100.0, 5, 9), (1, 1200.0, 6, 2))
    costs(lake, TUESDAY, (2, 500.0, 7, 1))
