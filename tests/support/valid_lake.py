"""A small lake with all three layers and a ledger, in which nothing is wrong: three days of everything.

    lake = ValidLake(tmp_path)
    lake.write_all()
    lake.rows["star-schema", "fact_sales", DAYS[0]].append(...)  # break one thing,
    lake.write_day("pos", DAYS[0])                               # write it
    lake.record()                                                # and tell the ledger, if it should agree

Stock: ten pieces of product 1 lie at location 8 when the first day is told, two are sold each day at noon.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from nk_common.datasets import DAILY, REGISTRY, by_name
from nk_common.datasets.base import PartitionKey
from nk_common.lake.layout import Layout
from nk_common.lake.reader import read_stamp, read_table
from nk_common.lake.writer import Stamp, write_table
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.models import Base, PartitionRow
from nk_common.star import BY_NAME, tables_of
from support.lake_factory import Row, table_of, version_of

DAYS = (date(2025, 12, 22), date(2025, 12, 23), date(2025, 12, 24))
NOW = datetime(2025, 12, 25, 3, tzinfo=UTC)
"""10:00 in Jakarta, on the day after the last."""
Rows = dict[tuple[str, str, date | None], list[Row]]


class ValidLake:
    """`rows` by layer, table and day; change them, then write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root)
        self.ledger = f"sqlite:///{root / 'metadata' / 'ledger.db'}"
        self.rows: Rows = {}
        for day in DAYS:
            self._fill_day(day)
        self._fill_dimensions()

    def write_all(self) -> None:
        for dataset in REGISTRY:
            for day in DAYS if dataset.kind == "daily" else (None,):
                self.write_day(dataset.name, day)
        self.record()

    def write_day(
        self, dataset: str, day: date | None, *, layers: tuple[str, ...] = ("raw", "clean", "star-schema"),
        version: int | None = None, read_at: datetime | None = None,
    ) -> None:  # fmt: skip
        """Write a partition anew, over what is there. Odoo was read at 18:00 UTC, 01:00 of the next day."""
        moment = read_at or datetime.combine(day or date(2025, 1, 1), time(18), UTC)
        stamp = Stamp(version or version_of(moment), "run", moment)
        for layer, table, schema in self._tables(dataset):
            if layer in layers:
                path = self.path(layer, table, day)
                path.unlink(missing_ok=True)
                write_table(path, table_of(schema, self.rows.get((layer, table, day), [])), schema, stamp)

    def path(self, layer: str, table: str, day: date | None) -> Path:
        match layer:
            case "raw":
                return self.layout.raw(table, day)
            case "clean":
                return self.layout.clean(table, day)
        return self.layout.star(table, day)

    def record(self) -> None:
        """A ledger that agrees with the star tables as they are now; what is not there is not recorded."""
        engine = open_ledger(self.ledger)
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            for dataset in REGISTRY:
                for day in DAYS if dataset.kind == "daily" else (None,):
                    if self.layout.star(dataset.star[0], day).exists():
                        session.add(self._row(PartitionKey(dataset.name, day)))
        engine.dispose()

    def change(self, key: PartitionKey, values: Mapping[str, Any]) -> None:
        """Let the ledger say something else of one partition; of no values, nothing at all."""
        engine = open_ledger(self.ledger)
        with Session(engine) as session, session.begin():
            row = session.get_one(PartitionRow, (key.dataset, key.day_text))
            for name, value in values.items():
                setattr(row, name, value)
            if not values:
                session.delete(row)
        engine.dispose()

    def _row(self, key: PartitionKey) -> PartitionRow:
        dataset = by_name(key.dataset)
        paths = {name: self.layout.star(name, key.day) for name in dataset.star}
        totals = dataset.totals({name: read_table(path) for name, path in paths.items()}, "star")
        stamp = read_stamp(paths[dataset.star[0]])
        assert stamp
        return PartitionRow(
            dataset=key.dataset, day=key.day_text, state="loaded", requested_at=NOW, updated_at=NOW,
            version=stamp.version, loaded_version=stamp.version, loaded_at=NOW, as_of=stamp.as_of,
            **totals._asdict(),
        )  # fmt: skip

    def _tables(self, dataset: str) -> list[tuple[str, str, Any]]:
        known = by_name(dataset)
        return [
            *(("raw", t.name, t.schema) for t in known.raw),
            *(("clean", t.name, t.schema) for t in known.clean),
            *(("star-schema", t.name, t.schema) for t in tables_of(dataset)),
        ]

    def _fill_day(self, day: date) -> None:
        n = DAYS.index(day)
        noon = datetime.combine(day, time(12))
        line: Row = {
            "date": noon, "order_id": 70 + n, "line_id": 700 + n, "product_id": 1, "quantity": 2.0,
            "revenue": 222.0, "revenue_untaxed": 200.0, "customer_id": 5, "pos_config_id": 1,
        }  # fmt: skip
        paid = {
            "date": noon,
            "order_id": 70 + n,
            "payment_id": 900 + n,
            "payment_method_id": 1,
            "amount": 222.0,
        }
        self._add(day, "pos_order_lines", "fact_sales", line)
        self._add(day, "pos_payments", "fact_payments", paid)
        self._add(
            day,
            "account_move_out_invoice_lines",
            "fact_invoice_sales",
            _bill_line(day, 300 + n, revenue=50.0),
        )
        bill = _bill_line(day, 400 + n, cost_taxed=40.0, sets_cost=True)
        self._add(day, "account_move_in_invoice_lines", "fact_purchases", bill)
        self.rows["star-schema", "fact_product_cost_events", day] = [
            {"date": day, "product_id": 1, "cost_unit_tax_in": 40.0, "source_move_line_id": 400 + n}
        ]
        move = {
            "date": noon, "move_line_id": 800 + n, "product_id": 1, "qty_moved": -2.0, "movement_type": "outgoing",
            "location_src_id": 8, "location_src_usage": "internal",
            "location_dest_id": 9, "location_dest_usage": "customer",
        }  # fmt: skip
        self._add(day, "inventory_moves", "fact_inventory_moves", move)
        quant = {
            "snapshot_date": day, "quant_id": 1, "product_id": 1, "location_id": 8, "quantity": 10.0 - 2 * n,
            "taken_at": datetime.combine(day, time(9)),
        }  # fmt: skip
        self._add(day, "stock_quants", "fact_stock_on_hand_snapshot", quant)
        self._fill_profit(day, n)

    def _fill_profit(self, day: date, n: int) -> None:
        sums = {"date": day, "product_id": 1, "revenue_tax_in": 272.0, "transactions": 2, "lines": 2}
        self.rows["star-schema", "fact_sales_lines_profit", day] = [
            {
                "date": day,
                "source": source,
                "txn_id": 1,
                "line_id": line,
                "product_id": 1,
                "revenue_tax_in": revenue,
            }
            for source, line, revenue in (("pos", 700 + n, 222.0), ("invoice", 300 + n, 50.0))
        ]
        self.rows["star-schema", "agg_profit_daily", day] = [sums]
        self.rows["star-schema", "agg_profit_daily_by_product", day] = [sums]

    def _fill_dimensions(self) -> None:
        for dataset in REGISTRY:
            if dataset not in DAILY:
                for table in dataset.raw:
                    self.rows["raw", table.name, None] = [{"id": n} for n in (1, 5, 8, 9)]
                    self.rows["clean", table.name, None] = [{"id": n} for n in (1, 5, 8, 9)]
                for name in dataset.star:
                    key = BY_NAME[name].key[0]
                    self.rows["star-schema", name, None] = [{key: n} for n in (-1, 1, 5, 8, 9)]

    def _add(self, day: date, clean: str, star: str, row: Row) -> None:
        self.rows["clean", clean, day] = [dict(row)]
        self.rows["star-schema", star, day] = [dict(row)]
        self.rows["raw", clean, day] = [{"id": 1}]


def _bill_line(day: date, line: int, **other: Any) -> Row:
    return {"date": day, "move_id": line, "move_line_id": line, "product_id": 1, "quantity": 1.0, **other}
