"""Small lakes of star-schema files, as the loader would have written them.

    lake = LakeFactory(tmp_path / "lake")
    lake.sales(date(2025, 12, 23), sale(order=1, revenue=50_000.0), as_of="2025-12-24T02:00+07:00")
    lake.dimensions()
    lake.day("profit", date(2025, 12, 23), {"fact_sales_lines_profit": [{"line_id": 1}], ...})

`sale` and `payment` make one row each; what they are not told gets a value that no rule trips over. Any other
row may leave out columns: required ones are then zero, empty or false, and the day is the partition's.
Versions are microseconds since 1970, like the real ones: by default those of `as_of`.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from nk_common.datasets.base import PartitionKey
from nk_common.events.base import Totals
from nk_common.events.stages import DayLoaded, TableWritten
from nk_common.lake.layout import Layout
from nk_common.lake.writer import Stamp, write_table
from nk_common.star import BY_NAME, tables_of

Row = dict[str, Any]

PRODUCTS: tuple[tuple[Any, ...], ...] = (
    # id, name, category id, parent, category, path, brand id, brand, principal
    (
        -1,
        "(no product)",
        -1,
        "(no category)",
        "(no category)",
        "(no category)",
        -1,
        "(no brand)",
        "(no principal)",
    ),
    (1, "Serum A", 10, "Skin", "Serum", "Skin / Serum", 100, "Lumina", "Sinar"),
    (2, "Serum B", 10, "Skin", "Serum", "Skin / Serum", 101, "Arunika", "Sinar"),
    (3, "Hair Serum", 20, "Hair", "Serum", "Hair / Serum", 100, "Lumina", "Sinar"),
    (4, "Comb", 21, "Hair", "Tools", "Hair / Tools", -1, "(no brand)", "(no principal)"),
)
STORES = ((-1, "(no store)"), (1, "Toko Satu"), (2, "Toko Dua"))
CASHIERS = ((-1, "(no cashier)"), (1, "Sari"), (2, "Budi"))
METHODS = ((-1, "(no payment method)"), (1, "Tunai"), (2, "QRIS"))


def sale(order: int, revenue: float, at: str = "10:00", **other: Any) -> Row:
    """One line of an order at local time `at`; the day is given when it is written."""
    row = {
        "at": at, "order_id": order, "order_ref": f"Shop/{order:04}", "product_id": 1, "quantity": 1.0,
        "revenue": revenue, "revenue_untaxed": round(revenue / 1.11, 2), "discount_amount": 0.0,
        "is_refund": False, "pos_config_id": 1, "cashier_id": 1, "customer_id": None,
        "payment_method_ids": "[1]", "price_unit": abs(revenue), "company_id": 1, "session_id": 1,
    }  # fmt: skip
    return {**row, **other}


def payment(order: int, amount: float, at: str = "10:00", **other: Any) -> Row:
    """One payment of an order."""
    return {
        "at": at,
        "order_id": order,
        "payment_method_id": 1,
        "amount": amount,
        "pos_config_id": 1,
        **other,
    }


def table_of(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    """Rows as a table of `schema`; a required column that a row leaves out is zero, empty or false."""
    return pa.Table.from_pylist(
        [{f.name: row.get(f.name, None if f.nullable else _NOTHING[f.type]) for f in schema} for row in rows],
        schema,
    )


_NOTHING: dict[pa.DataType, Any] = {
    pa.int64(): 0,
    pa.float64(): 0.0,
    pa.string(): "",
    pa.bool_(): False,
    pa.date32(): date(1970, 1, 1),
    pa.timestamp("us"): datetime(1970, 1, 1),
}


def version_of(as_of: datetime) -> int:
    return int(as_of.timestamp() * 1_000_000)


class LakeFactory:
    """Writes partitions below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root)
        root.mkdir(parents=True, exist_ok=True)

    def sales(
        self,
        day: date,
        *lines: Row,
        payments: Sequence[Row] | None = None,
        as_of: datetime | str | None = None,
        version: int | None = None,
        dated: bool = True,
    ) -> DayLoaded:
        """One day of sales; each order is paid in cash unless `payments` says otherwise.

        Odoo was read an hour after the day was over, unless `as_of` says otherwise; the files say so if
        `dated`. Returns the event.
        """
        moment = _moment(day, as_of)
        paid = (
            payments
            if payments is not None
            else [payment(r["order_id"], r["revenue"], r["at"]) for r in lines]
        )
        tables = {
            "fact_sales": _day_rows(day, lines, "line_id"),
            "fact_payments": _day_rows(day, paid, "payment_id"),
        }
        return self.write(
            PartitionKey("pos", day), tables, version or version_of(moment), moment, dated=dated
        )

    def dimensions(self, as_of: datetime | str = "2025-01-01T00:00+07:00", **replaced: Sequence[Row]) -> None:
        """All dimensions that breakdowns use. `replaced` gives other rows for a table, by its name."""
        moment = _moment(None, as_of)
        rows = {**_dimension_rows(), **replaced}
        for dataset in ("products", "cashiers", "pos-configs", "payment-methods"):
            tables = {table.name: rows[table.name] for table in tables_of(dataset)}
            self.write(PartitionKey(dataset, None), tables, version_of(moment), moment)

    def day(self, dataset: str, day: date, tables: Mapping[str, Sequence[Row]], **when: Any) -> DayLoaded:
        """One day of any dataset, every table of it; rows get the day of the partition.

        Tables that are not named are empty. `when` takes `as_of` and `version`, as `sales` does.
        """
        moment = _moment(day, when.get("as_of"))
        noon = datetime.combine(day, time(12))
        dated = {
            t.name: [
                {t.day: day if t.schema.field(t.day).type == pa.date32() else noon, **row}
                for row in tables.get(t.name, ())
            ]
            for t in tables_of(dataset)
        }
        return self.write(
            PartitionKey(dataset, day), dated, when.get("version") or version_of(moment), moment
        )

    def write(
        self,
        key: PartitionKey,
        tables: Mapping[str, Sequence[Row]],
        version: int,
        as_of: datetime,
        *,
        dated: bool = True,
    ) -> DayLoaded:
        """Files of one partition, as given; tables may be left out to leave it incomplete."""
        written = []
        for name, rows in tables.items():
            schema = BY_NAME[name].schema
            path = self.layout.star(name, key.day)
            stamp = Stamp(version, f"run-{version}", as_of if dated else None)
            write_table(path, table_of(schema, rows), schema, stamp)
            written.append(TableWritten(name=name, path=str(path.relative_to(self.root)), rows=len(rows)))
        return _event(key, version, as_of, tuple(written), list(tables.get("fact_sales", ())))

    def remove(self, day: date) -> None:
        """Take a day of sales out of the lake."""
        for table in tables_of("pos"):
            self.layout.star(table.name, day).unlink(missing_ok=True)

    def remove_all(self) -> None:
        shutil.rmtree(self.root / "star-schema", ignore_errors=True)

    def busy_days(self, first: date, days: int, orders: int, seed: int = 7) -> None:
        """Many days of made-up sales, for measuring."""
        chance = random.Random(seed)
        for n in range(days):
            self.sales(first + timedelta(days=n), *_busy_day(chance, n * orders, orders))
        self.dimensions()


def _busy_day(chance: random.Random, first_order: int, orders: int) -> list[Row]:
    return [
        sale(
            first_order + order, float(chance.randrange(10, 300) * 1000), f"{chance.randrange(8, 22):02}:30",
            product_id=chance.randrange(1, 5), cashier_id=chance.randrange(1, 3),
            pos_config_id=chance.randrange(1, 3), customer_id=chance.choice([None, 5, 6]),
        )
        for order in range(1, orders + 1)
        for _ in range(chance.randrange(1, 5))
    ]  # fmt: skip


def _day_rows(day: date, rows: Sequence[Row], key: str) -> list[Row]:
    return [
        {
            key: (day.toordinal() * 100_000) + n,
            "date": datetime.combine(day, time.fromisoformat(row["at"])),
            **row,
        }
        for n, row in enumerate(rows)
    ]


def _dimension_rows() -> dict[str, list[Row]]:
    names = (
        "product_id", "product_name", "category_id", "product_parent_category", "product_category",
        "category_path", "product_brand_id", "product_brand", "principal_name",
    )  # fmt: skip
    products = [{**dict(zip(names, row, strict=True)), "active": True} for row in PRODUCTS]
    return {
        "dim_products": products,
        "dim_categories": list({p["category_id"]: _category(p) for p in products}.values()),
        "dim_brands": list({p["product_brand_id"]: _brand(p) for p in products}.values()),
        "dim_pos_configs": [{"pos_config_id": i, "pos_config_name": n, "active": True} for i, n in STORES],
        "dim_cashiers": [{"cashier_id": i, "cashier_name": n, "active": True} for i, n in CASHIERS],
        "dim_payment_methods": [
            {"payment_method_id": i, "payment_method_name": n, "is_cash": i == 1, "active": True}
            for i, n in METHODS
        ],
    }


def _category(product: Row) -> Row:
    return {
        "category_id": product["category_id"],
        "category_name": product["product_category"],
        "parent_category_name": product["product_parent_category"],
        "category_path": product["category_path"],
    }


def _brand(product: Row) -> Row:
    return {
        "brand_id": product["product_brand_id"],
        "brand_name": product["product_brand"],
        "principal_name": product["principal_name"],
    }


def _moment(day: date | None, as_of: datetime | str | None) -> datetime:
    if isinstance(as_of, str):
        return datetime.fromisoformat(as_of)
    if as_of is not None:
        return as_of
    # 18:00 UTC is 01:00 of the next day in Jakarta.
    return datetime.combine(day or date(2025, 1, 1), time(18), UTC)


def _event(
    key: PartitionKey, version: int, as_of: datetime, written: tuple[TableWritten, ...], lines: list[Row]
) -> DayLoaded:
    return DayLoaded(
        dataset=key.dataset,
        day=key.day,
        run_id=f"run-{version}",
        requested_at=as_of,
        version=version,
        as_of=as_of,
        tables=written,
        totals=Totals(
            documents=len({row["order_id"] for row in lines}),
            lines=len(lines),
            quantity=sum(row["quantity"] for row in lines),
            amount=sum(row["revenue"] for row in lines),
            payments=sum(row["revenue"] for row in lines),
        ),
        rejected=0,
    )
