"""`nk validate`: in a lake where nothing is wrong it finds nothing; where one thing is broken, that one thing."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer.main
from rich.console import Console

from nk_cli.__main__ import app
from nk_cli.validate import recorded
from nk_cli.validate.command import run_validation
from nk_cli.validate.finding import Finding
from nk_cli.validate.validation import Report
from nk_common.datasets.base import PartitionKey
from nk_common.lake.writer import Stamp, write_table
from nk_common.settings import LakeSettings
from support.clock import SetClock
from support.valid_lake import DAYS, NOW, ValidLake

FIRST, MIDDLE, LAST = DAYS
STAR = "star-schema"
Break = Callable[[ValidLake], object]


def look(lake: ValidLake, *datasets: str, start: date | None = None, end: date | None = None) -> Report:
    settings = LakeSettings(_env_file=None, data_lake_root=lake.root, timezone="Asia/Jakarta")
    return run_validation(settings, SetClock(NOW), Console(quiet=True), list(datasets), start, end)


def found(report: Report) -> list[tuple[str, str]]:
    return [(f.kind, Path(f.path).name) for f in report.findings]


def only(report: Report) -> Finding:
    (finding,) = report.findings
    return finding


def test_a_lake_in_which_nothing_is_wrong(lake: ValidLake) -> None:
    """Every file of every dataset is looked at: 3 days of 22 tables, and 42 tables that are whole."""
    report = look(lake)
    assert report.findings == ()
    assert report.files == len(list(lake.root.rglob("*.parquet")))
    assert report.partitions == 3 * 6 + 11


def sales(lake: ValidLake) -> Path:
    return lake.path(STAR, "fact_sales", MIDDLE)


def payments(lake: ValidLake) -> Path:
    return lake.path(STAR, "fact_payments", MIDDLE)


def _flip(path: Path, at: int) -> None:
    """Damage the content and leave both ends as they are."""
    body = bytearray(path.read_bytes())
    for n in range(at, at + 40):
        body[n] ^= 0xFF
    path.write_bytes(body)


def _rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Another table under the same stamp."""
    table = pq.ParquetFile(path).read()
    kept = table.schema.metadata
    changed = change(table)
    pq.write_table(
        changed.replace_schema_metadata({**kept, b"nk.rows": str(changed.num_rows).encode()}), path
    )


def _without(name: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.drop_columns([name])


def _as_text(name: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(
        table.schema.get_field_index(name), name, table[name].cast(pa.string())
    )


def _nulled(name: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(
        table.schema.get_field_index(name), name, pa.nulls(table.num_rows, table.schema.field(name).type)
    )


def _unstamped(path: Path) -> None:
    pq.write_table(pq.ParquetFile(path).read().replace_schema_metadata(None), path)


def _write(path: Path, content: bytes = b"x", hours_old: float = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    moment = NOW.timestamp() - hours_old * 3600
    os.utime(path, (moment, moment))


def _remove(lake: ValidLake, layer: str, *tables: str) -> None:
    for table in tables:
        lake.path(layer, table, MIDDLE).unlink()


FILE_CASES: list[tuple[str, Break, list[tuple[str, str]]]] = [
    ("content damaged", lambda k: _flip(sales(k), 20), [("corrupted", "fact_sales_2025-12-23.parquet")]),
    ("damaged raw", lambda k: _flip(k.path("raw", "pos_orders", MIDDLE), 4),
     [("corrupted", "pos_orders_2025-12-23.parquet")]),
    ("beginning overwritten", lambda k: sales(k).write_bytes(b"????" + sales(k).read_bytes()[4:]),
     [("corrupted", "fact_sales_2025-12-23.parquet")]),
    ("end cut off", lambda k: sales(k).write_bytes(sales(k).read_bytes()[:-100]),
     [("truncated", "fact_sales_2025-12-23.parquet")]),
    ("nothing left", lambda k: sales(k).write_bytes(b""), [("truncated", "fact_sales_2025-12-23.parquet")]),
    ("no Parquet", lambda k: sales(k).write_bytes(b"order,revenue\n1,2\n"),
     [("foreign", "fact_sales_2025-12-23.parquet")]),
    ("not ours", lambda k: _unstamped(sales(k)), [("foreign", "fact_sales_2025-12-23.parquet")]),
    ("a column less", lambda k: _rewrite(sales(k), _without("revenue")),
     [("wrong-schema", "fact_sales_2025-12-23.parquet")]),
    ("another type", lambda k: _rewrite(k.path("clean", "pos_order_lines", MIDDLE), _as_text("product_id")),
     [("wrong-schema", "pos_order_lines_clean_2025-12-23.parquet")]),
    ("a column of raw less", lambda k: _rewrite(k.path("raw", "pos_orders", MIDDLE), _without("state")),
     [("wrong-schema", "pos_orders_2025-12-23.parquet")]),
    ("a null that must not be", lambda k: _rewrite(k.path(STAR, "dim_cashiers", None), _nulled("cashier_name")),
     [("wrong-schema", "dim_cashiers.parquet")]),
    ("a table of two lost", lambda k: payments(k).unlink(), [("incomplete", "fact_payments_2025-12-23.parquet")]),
    ("a raw table lost", lambda k: k.path("raw", "pos_orders", MIDDLE).unlink(),
     [("incomplete", "pos_orders_2025-12-23.parquet")]),
    ("a loaded day lost", lambda k: _remove(k, STAR, "fact_sales", "fact_payments"),
     [("missing", "fact_sales_2025-12-23.parquet")]),
    ("a dimension lost", lambda k: k.path(STAR, "dim_uoms", None).unlink(), [("missing", "dim_uoms.parquet")]),
    ("an unknown table", lambda k: _write(k.root / STAR / "fact_old" / "a.parquet"), [("extra", "a.parquet")]),
    ("an unknown dimension", lambda k: _write(k.root / STAR / "dim_old.parquet"), [("extra", "dim_old.parquet")]),
    ("a second file", lambda k: _write(sales(k).with_name("part-0.parquet")), [("extra", "part-0.parquet")]),
    ("another day in the name", lambda k: _write(sales(k).with_name("fact_sales_2025-12-22.parquet")),
     [("extra", "fact_sales_2025-12-22.parquet")]),
    ("in no day folder", lambda k: _write(k.root / STAR / "fact_sales" / "fact_sales_2025-12-23.parquet"),
     [("extra", "fact_sales_2025-12-23.parquet")]),
    ("a day that is none", lambda k: _write(k.root / "raw/pos_orders/year=2025/month=13/day=40/x.parquet"),
     [("extra", "x.parquet")]),
    ("a leftover", lambda k: _write(sales(k).with_name(".tmp-abc"), hours_old=2), [("leftover", ".tmp-abc")]),
    ("a temporary in use", lambda k: _write(sales(k).with_name(".tmp-abc"), hours_old=0.5), []),
    ("chunks on their way", lambda k: _write(k.layout.staging("pos", "2025-12-23", 1) / "0.arrow"), []),
    ("a layer that retention took", lambda k: _remove(k, "raw", "pos_orders", "pos_order_lines", "pos_payments"), []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "damage", "expected"), FILE_CASES, ids=[case[0] for case in FILE_CASES])
def test_one_file_that_is_wrong(
    lake: ValidLake, what: str, damage: Break, expected: list[tuple[str, str]]
) -> None:
    damage(lake)
    report = look(lake)
    assert found(report) == expected
    assert report.failed == bool(expected)


def test_rejected_rows_have_schemas_of_their_own(lake: ValidLake) -> None:
    """They are looked at like other files, but nobody promised their columns."""
    path = lake.layout.rejected("pos_order_lines", MIDDLE)
    write_table(path, pa.table({"reason": ["no date"]}), pa.schema({"reason": pa.string()}), Stamp(1, "run"))
    assert look(lake).findings == ()
    path.write_bytes(b"PAR1")
    assert found(look(lake)) == [("truncated", "pos_order_lines_rejected_2025-12-23.parquet")]


def _row(lake: ValidLake, table: str, day: date | None, **other: object) -> None:
    """One more row, like the first but for `other`."""
    rows = lake.rows[STAR, table, day]
    rows.append({**rows[0], **other})


ROW_CASES: list[tuple[str, str, date | None, dict[str, object], tuple[str, str], str]] = [
    # dataset, table, day, the row that is added, what is found, what it says
    ("pos", "fact_sales", MIDDLE, {"line_id": 1, "date": datetime(2025, 12, 24)},
     ("other-day", "fact_sales_2025-12-23.parquet"), "1 rows are of another day (2025-12-24)"),
    ("purchases", "fact_purchases", MIDDLE, {"move_line_id": 1, "date": FIRST},
     ("other-day", "fact_purchases_2025-12-23.parquet"), "(2025-12-22)"),
    ("stock-quants", "fact_stock_on_hand_snapshot", MIDDLE, {"quant_id": 2, "quantity": 0.0, "snapshot_date": LAST},
     ("other-day", "fact_stock_on_hand_snapshot_2025-12-23.parquet"), "(2025-12-24)"),
    ("pos", "fact_sales", MIDDLE, {},
     ("duplicate-key", "fact_sales_2025-12-23.parquet"), "line_id comes more than once: 701"),
    ("profit", "fact_sales_lines_profit", MIDDLE, {},
     ("duplicate-key", "fact_sales_lines_profit_2025-12-23.parquet"), "source, line_id comes more than once: pos 701"),
    ("products", "dim_brands", None, {"brand_id": 5}, ("duplicate-key", "dim_brands.parquet"), "brand_id comes"),
    ("pos", "fact_sales", LAST, {"line_id": 700},
     ("counted-twice", "fact_sales_2025-12-22.parquet"), "1 lines are in 2025-12-22 and in 2025-12-24 (line_id 700)"),
    ("pos", "fact_payments", LAST, {"payment_id": 901},
     ("counted-twice", "fact_payments_2025-12-23.parquet"), "payment_id 901"),
    ("profit", "fact_sales_lines_profit", LAST, {"source": "pos", "line_id": 701},
     ("counted-twice", "fact_sales_lines_profit_2025-12-23.parquet"), "source, line_id pos 701"),
]  # fmt: skip


@pytest.mark.parametrize(("dataset", "table", "day", "row", "expected", "says"), ROW_CASES)
def test_rows_that_do_not_belong(
    lake: ValidLake,
    dataset: str,
    table: str,
    day: date | None,
    row: dict[str, object],
    expected: tuple[str, str],
    says: str,
) -> None:
    _row(lake, table, day, **row)
    lake.write_day(dataset, day)
    lake.record()
    report = look(lake)
    assert found(report) == [expected]
    assert says in report.findings[0].sentence


def test_order_line_5_and_invoice_line_5_are_two(lake: ValidLake) -> None:
    """The source is a part of the key: the same id on two days is no doubling."""
    _row(lake, "fact_sales_lines_profit", LAST, source="invoice", line_id=700)
    lake.write_day("profit", LAST)
    lake.record()
    assert look(lake).findings == ()


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("documents", 2, "documents 2 in the ledger, 1 in the file"),
        ("lines", 0, "lines 0 in the ledger, 1 in the file"),
        ("quantity", 2.5, "quantity 2.5 in the ledger, 2.0 in the file"),
        ("amount", 1_222.01, "amount 1,222.01 in the ledger, 222.0 in the file"),
        ("payments", 0.0, "payments 0.0 in the ledger, 222.0 in the file"),
    ],
)
def test_each_control_total_is_compared(lake: ValidLake, column: str, value: float, says: str) -> None:
    lake.change(PartitionKey("pos", MIDDLE), {column: value})
    finding = only(look(lake))
    assert (finding.kind, finding.day) == ("control-totals", MIDDLE)
    assert says in finding.sentence


NEWER, OLDER = 2_000_000_000_000_000, 1_000_000_000_000_000
TOTALS_CASES = [
    # dataset, the version that the ledger says is loaded, what is found where its amount is another one
    ("profit", None, ["control-totals"]),
    ("profit", NEWER, ["control-totals"]),  # unchanged content keeps its file
    ("profit", OLDER, []),
    ("stock-quants", NEWER, ["control-totals"]),
    ("pos", NEWER, ["version-mismatch"]),  # the file is of another reading
    ("pos", OLDER, []),
]


@pytest.mark.parametrize(("dataset", "loaded", "expected"), TOTALS_CASES)
def test_totals_are_those_of_the_recorded_content(
    lake: ValidLake, dataset: str, loaded: int | None, expected: list[str]
) -> None:
    key = PartitionKey(dataset, MIDDLE)
    if loaded:
        lake.change(key, {"loaded_version": loaded})
    assert [f.kind for f in look(lake).findings] == [kind for kind in expected if kind == "version-mismatch"]
    lake.change(key, {"amount": 1.0})
    assert [f.kind for f in look(lake).findings] == expected


def _newer(lake: ValidLake, dataset: str, *layers: str) -> None:
    lake.write_day(dataset, MIDDLE, layers=layers, version=1_766_600_000_000_000)


def _loaded_again(lake: ValidLake) -> None:
    """As `nk backfill --from-stage clean` leaves it."""
    _newer(lake, "pos", STAR)
    lake.record()


def _loaded_again_before(lake: ValidLake) -> None:
    _newer(lake, "pos", STAR)
    lake.change(PartitionKey("pos", MIDDLE), {"loaded_version": NEWER})


VERSION_CASES: list[tuple[str, Break, list[tuple[str, str]]]] = [
    ("clean is newer", lambda k: _newer(k, "pos", "raw", "clean"),
     [("version-mismatch", "fact_sales_2025-12-23.parquet")]),
    ("loaded again from clean", _loaded_again, []),
    ("star is newer than clean and the ledger", lambda k: _newer(k, "pos", STAR), []),
    ("star is newer than clean and older than the ledger", _loaded_again_before,
     [("version-mismatch", "fact_sales_2025-12-23.parquet")]),
    ("rebuilt star is newer", lambda k: _newer(k, "stock-quants", STAR), []),
    ("rebuilt star is older", lambda k: _newer(k, "stock-quants", "clean"),
     [("version-mismatch", "fact_stock_on_hand_snapshot_2025-12-23.parquet")]),
    ("all newer than the ledger", lambda k: _newer(k, "pos", "raw", "clean", STAR), []),
    ("all older than the ledger", lambda k: k.change(PartitionKey("pos", MIDDLE), {"loaded_version": 2**60}),
     [("version-mismatch", "fact_sales_2025-12-23.parquet")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "change", "expected"), VERSION_CASES, ids=[case[0] for case in VERSION_CASES]
)
def test_versions_that_do_not_fit(
    lake: ValidLake, what: str, change: Break, expected: list[tuple[str, str]]
) -> None:
    change(lake)
    assert found(look(lake)) == expected


def test_star_tables_of_two_versions(lake: ValidLake) -> None:
    kept = payments(lake).read_bytes()
    _newer(lake, "pos", "raw", "clean", STAR)
    payments(lake).write_bytes(kept)
    finding = only(look(lake))
    assert finding.kind == "version-mismatch"
    assert "fact_sales: 1766600000000000, fact_payments: 1766512800000000" in finding.sentence


def test_a_day_on_its_way_is_no_surprise(lake: ValidLake) -> None:
    _newer(lake, "pos", "raw", "clean")
    lake.change(PartitionKey("pos", MIDDLE), {"state": "cleaned"})
    assert look(lake).findings == ()


def test_a_day_that_is_loaded_for_the_first_time_may_be_incomplete(lake: ValidLake) -> None:
    _remove(lake, STAR, "fact_payments")
    lake.change(PartitionKey("pos", MIDDLE), {"state": "cleaned", "loaded_version": None})
    assert look(lake).findings == ()


def test_a_day_that_was_replaced_meanwhile_is_looked_at_again(
    lake: ValidLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a replacement, seen in passing, is no finding once it is whole."""
    kept = payments(lake).read_bytes()
    payments(lake).unlink()
    looks = []

    def read_ledger(*arguments: Any) -> object:
        looks.append(arguments)
        if len(looks) == 2:
            payments(lake).write_bytes(kept)
        return recorded.read_ledger(*arguments)

    monkeypatch.setattr("nk_cli.validate.command.read_ledger", read_ledger)
    assert look(lake).findings == ()
    assert len(looks) == 2


def _moved_away(lake: ValidLake) -> None:
    """The order is on the last day now, and the first was loaded without it."""
    lake.rows[STAR, "fact_sales", FIRST].clear()
    lake.write_day("pos", FIRST, version=1_766_600_000_000_000)
    lake.record()


def _moving_away(lake: ValidLake) -> None:
    lake.change(PartitionKey("pos", FIRST), {"state": "requested"})


@pytest.mark.parametrize(
    ("meanwhile", "expected"), [(_moved_away, []), (_moving_away, []), (lambda _: None, ["counted-twice"])]
)
def test_days_that_share_a_line_are_looked_at_again(
    lake: ValidLake, monkeypatch: pytest.MonkeyPatch, meanwhile: Break, expected: list[str]
) -> None:
    """An order that gets another date between the looks at its two days is in both, and is no finding."""
    _row(lake, "fact_sales", LAST, line_id=700)
    lake.write_day("pos", LAST)
    lake.record()
    looks = []

    def read_ledger(*arguments: Any) -> object:
        looks.append(arguments)
        if len(looks) == 2:
            meanwhile(lake)
        return recorded.read_ledger(*arguments)

    monkeypatch.setattr("nk_cli.validate.command.read_ledger", read_ledger)
    assert [f.kind for f in look(lake).findings] == expected
    assert len(looks) == 2


def test_a_dimension_without_its_unknown_member(lake: ValidLake) -> None:
    lake.rows[STAR, "dim_pos_configs", None].pop(0)
    lake.write_day("pos-configs", None)
    lake.record()
    finding = only(look(lake))
    assert (finding.kind, finding.path) == ("no-unknown-member", "star-schema/dim_pos_configs.parquet")


def test_an_id_that_no_dimension_knows_is_a_warning(lake: ValidLake) -> None:
    for day in (FIRST, LAST):
        _row(lake, "fact_sales", day, line_id=day.day, customer_id=4711)
        lake.write_day("pos", day)
    lake.record()
    report = look(lake)
    assert found(report) == [("unknown-id", "fact_sales")]
    assert "2 rows have a customer_id that dim_partners does not know (4711)" in report.findings[0].sentence
    assert not report.failed


def test_a_day_that_the_ledger_does_not_know_is_a_warning(lake: ValidLake) -> None:
    lake.change(PartitionKey("pos", MIDDLE), {})
    report = look(lake)
    assert found(report) == [("unrecorded", "fact_sales_2025-12-23.parquet")]
    assert not report.failed


def test_without_a_ledger_the_files_are_looked_at_all_the_same(lake: ValidLake) -> None:
    """Looking makes no ledger where there is none."""
    (lake.root / "metadata").rename(lake.root.parent / "elsewhere")
    sales(lake).write_bytes(b"")
    assert found(look(lake)) == [("truncated", "fact_sales_2025-12-23.parquet"), ("no-ledger", "metadata")]
    assert not (lake.root / "metadata").exists()


def test_stock_that_does_not_follow_from_the_moves(lake: ValidLake) -> None:
    """8 pieces on the 23rd less the 2 that were sold are 6 on the 24th; here it holds 5."""
    lake.rows[STAR, "fact_stock_on_hand_snapshot", LAST][0]["quantity"] = 5.0
    lake.write_day("stock-quants", LAST)
    lake.record()
    finding = only(look(lake))
    assert (finding.kind, finding.day) == ("stock-gap", MIDDLE)
    assert "product 1 at location 8 held 8, and by the moves 7" in finding.sentence


@pytest.mark.parametrize(
    "reason", ["reconstructed", "a day of moves is missing", "moves were read too early"]
)
def test_stock_that_cannot_be_compared(lake: ValidLake, reason: str) -> None:
    """Only two snapshots that Odoo gave, with every move between them, say anything about each other."""
    quants = lake.rows[STAR, "fact_stock_on_hand_snapshot", LAST][0]
    quants["quantity"] = 5.0
    if reason == "reconstructed":
        quants["reconstructed"] = True
    lake.write_day("stock-quants", LAST)
    if reason == "a day of moves is missing":
        for layer, table in (
            ("raw", "inventory_moves"),
            ("clean", "inventory_moves"),
            (STAR, "fact_inventory_moves"),
        ):
            lake.path(layer, table, MIDDLE).unlink()
    if reason == "moves were read too early":
        lake.write_day("inventory-moves", MIDDLE, read_at=datetime.fromisoformat("2025-12-23T11:00+07:00"))
    lake.record()
    assert look(lake).findings == ()


def test_a_range_and_a_dataset_limit_what_is_looked_at(lake: ValidLake) -> None:
    sales(lake).write_bytes(b"")
    _write(lake.root / STAR / "fact_old" / "a.parquet")
    assert found(look(lake, "purchases")) == []
    assert found(look(lake, "pos", start=LAST)) == []
    assert found(look(lake, "pos", end=FIRST)) == []
    assert found(look(lake, "pos", start=MIDDLE, end=MIDDLE)) == [
        ("truncated", "fact_sales_2025-12-23.parquet")
    ]


def _star_and_clean_lost(lake: ValidLake) -> None:
    sales(lake).write_bytes(b"")
    _remove(lake, "clean", "pos_payments")


ACTION_CASES: list[tuple[Break, str]] = [
    (lambda k: sales(k).write_bytes(b""), "--dataset pos --start 2025-12-23 --end 2025-12-23 --from-stage clean"),
    (_star_and_clean_lost,
     "--dataset pos --start 2025-12-23 --end 2025-12-23 --from-stage raw"),
    (lambda k: k.path("clean", "pos_payments", MIDDLE).unlink(),
     "--dataset pos --start 2025-12-23 --end 2025-12-23 --from-stage raw"),
    (lambda k: k.path("raw", "pos_payments", MIDDLE).unlink(),
     "--dataset pos --start 2025-12-23 --end 2025-12-23 --force"),
    (lambda k: k.path(STAR, "agg_profit_daily", MIDDLE).unlink(),
     "--dataset profit --start 2025-12-23 --end 2025-12-23 --force"),
    (lambda k: k.path(STAR, "dim_uoms", None).write_bytes(b""),
     "--dataset uoms --start 2025-12-25 --end 2025-12-25 --force"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "expected"), ACTION_CASES)
def test_what_to_do_is_a_command_that_can_be_run(lake: ValidLake, damage: Break, expected: str) -> None:
    """The quickest way that the lake allows, in words that `nk` understands."""
    damage(lake)
    action = next(f.action for f in look(lake).findings if f.kind in ("truncated", "incomplete"))
    assert action == f"Run: nk backfill {expected}"
    name, *arguments = shlex.split(action.partition("nk ")[2])
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    group.commands[name].make_context(name, arguments)


def test_a_past_snapshot_cannot_be_asked_of_odoo_again(lake: ValidLake) -> None:
    lake.path("raw", "stock_quants", MIDDLE).write_bytes(b"")
    assert only(look(lake)).action.startswith("Odoo cannot be asked for this past day again")
