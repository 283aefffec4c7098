"""What goes in is counted as the extractor counts it; what comes out, as the loader will."""

from __future__ import annotations

import pyarrow as pa
import pytest

from nk_cleaner.transforms import TRANSFORMS
from nk_cleaner.transforms.base import cleaned_lines
from nk_common.datasets import DAILY, WHOLES, by_name
from nk_common.datasets.base import ControlTotals
from nk_common.errors import ControlTotalsError
from nk_common.lake.writer import conform
from nk_common.star import BY_NAME, tables_of
from nk_extractor.extract.base import line_totals
from nk_loader.registry import BUILDS
from unit.nk_cleaner.raw_rows import Row, bill_line, cleaned, invoice_line, move_line, quant, raw_table

REFUND = {"move_id.move_type": "out_refund"}
DAYS: list[tuple[str, list[Row], tuple[str, str, str | None]]] = [
    (
        "invoice-sales",
        [
            invoice_line(1, {"product_uom_id.factor": 1 / 12}),
            invoice_line(2, REFUND, move_id=2),
            invoice_line(3, currency_id=2, balance=-700.0),
            invoice_line(4, price_total=None),
            invoice_line(5, move_id=None, quantity=None),
        ],
        ("move_id", "quantity", "price_total"),
    ),
    (
        "purchases",
        [bill_line(1, 100.0), bill_line(2, -10.0), bill_line(3, 0.0, quantity=None, move_id=2)],
        ("move_id", "quantity", "price_total"),
    ),
    (
        "inventory-moves",
        [
            move_line(1, "internal", "customer", {"product_uom_id.factor": 1 / 12}),
            move_line(2, "supplier", "internal", move_id=10),
            move_line(3, "supplier", "internal", qty_done=None, move_id=None),
        ],
        ("move_id", "qty_done", None),
    ),
    ("stock-quants", [quant(1), quant(2, quantity=None), quant(3, "customer")], ("id", "quantity", None)),
]


@pytest.mark.parametrize(("dataset", "rows", "columns"), DAYS, ids=[day[0] for day in DAYS])
def test_input_totals_are_the_extractor_s(
    dataset: str, rows: list[Row], columns: tuple[str, str, str | None]
) -> None:
    """Null is 0, and a line without a document is of none."""
    outcome = cleaned(dataset, *rows)
    assert outcome.input_totals == line_totals(raw_table(dataset, rows), *columns)
    assert outcome.kept_rows + outcome.rejected_rows == len(rows)


@pytest.mark.parametrize(("dataset", "rows", "columns"), DAYS, ids=[day[0] for day in DAYS])
def test_clean_and_star_tables_have_their_schema_and_the_same_totals(
    dataset: str, rows: list[Row], columns: tuple[str, str, str | None]
) -> None:
    """Also when nothing is left of the day."""
    entry = by_name(dataset)
    for outcome in (cleaned(dataset, *rows), cleaned(dataset)):
        for table in entry.clean:
            conform(outcome.tables[table.name].to_arrow(), table.schema, table.name)
        star: dict[str, pa.Table] = {}
        for fact in tables_of(dataset):
            star[fact.name] = conform(BUILDS[fact.name](outcome.tables).to_arrow(), fact.schema, fact.name)
        assert not outcome.totals.differs_from(entry.totals(star, "star"))


@pytest.mark.parametrize(("rows", "words"), [(1, "kept 1 and rejected 0"), (3, "kept 3 and rejected 0")])
def test_a_row_that_is_lost_or_doubled_on_the_way_fails_the_day(rows: int, words: str) -> None:
    """Of two that came in."""
    entry = by_name("stock-quants")
    (clean,) = cleaned("stock-quants", *(quant(n) for n in range(rows))).tables.values()
    came_in = ControlTotals(2, 2, 10.0, 0.0, 0.0)
    with pytest.raises(ControlTotalsError, match=f"Of 2 rows of stock_quants, the cleaner {words}"):
        cleaned_lines(entry, clean, clean.head(0), came_in)


def test_totals_are_in_clean_terms() -> None:
    """One dozen sold for 111, one piece given back for 111, and 100 foreign booked as 700: 777 with tax."""
    outcome = cleaned("invoice-sales", *DAYS[0][1][:3])
    assert outcome.totals[:2] == (2, 3)
    assert outcome.totals[2:] == pytest.approx((12.0 - 1.0 + 1.0, 111.0 - 111.0 + 777.0, 0.0))
    assert outcome.input_totals == (2, 3, 3.0, 333.0, 0.0)


def test_every_dataset_that_comes_from_odoo_is_cleaned_and_loaded() -> None:
    from_odoo = {d.name for d in (*DAILY, *WHOLES) if d.raw}
    assert set(TRANSFORMS) == from_odoo
    assert {table.name for table in BY_NAME.values() if table.dataset in from_odoo} == set(BUILDS)
