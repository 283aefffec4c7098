"""The serving store follows the lake: whole partitions, newest version, nothing twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq
import pytest

from nk_common.datasets.base import PartitionKey
from nk_common.errors import ConfigurationError
from nk_query_api.errors import ServingUnavailableError
from nk_query_api.serving.snapshot import snapshot
from nk_query_api.serving.store import Applied, ServingStore
from support.lake_factory import LakeFactory, payment, sale

DAY, NEXT = date(2025, 12, 23), date(2025, 12, 24)
KEY = PartitionKey("pos", DAY)
MORNING, EVENING = "2025-12-23T10:00+07:00", "2025-12-23T20:00+07:00"
NEXT_MORNING = 1_766_538_000_000_000
"""2025-12-24 at 08:00 in Jakarta, as a version."""
UTC_ZONE = ZoneInfo("UTC")
OpenStore = Callable[..., ServingStore]


@pytest.fixture
def lake(tmp_path: Path) -> LakeFactory:
    return LakeFactory(tmp_path / "lake")


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[OpenStore]:
    opened: list[ServingStore] = []

    def make(**other: Any) -> ServingStore:
        store = ServingStore(**{"path": tmp_path / "serving.duckdb", "lake_root": tmp_path / "lake", **other})
        store.open()
        opened.append(store)
        return store

    yield make
    for store in opened:
        store.close()


def revenue(store: ServingStore) -> float | None:
    row = store.cursor().execute("SELECT sum(revenue) FROM fact_sales").fetchone()
    assert row
    value: float | None = row[0]
    return value


def keys(applied: list[Applied]) -> list[PartitionKey]:
    return [item.key for item in applied]


def test_a_scan_picks_up_days_and_dimensions(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0), sale(2, 20.0))
    lake.dimensions()
    store = open_store()
    assert {str(key) for key in keys(store.scan())} == {
        "pos|2025-12-23", "products|whole", "cashiers|whole", "pos-configs|whole", "payment-methods|whole",
    }  # fmt: skip
    assert revenue(store) == 70.0
    assert store.held[KEY].rows == 2


def test_a_second_scan_finds_nothing_to_do(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    assert store.scan() == []


def test_a_newer_version_replaces_the_day(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0), as_of=MORNING)
    lake.sales(NEXT, sale(9, 1.0))
    store = open_store()
    store.scan()
    lake.sales(DAY, sale(1, 50.0), sale(2, 30.0), as_of=EVENING)
    assert keys(store.scan()) == [KEY]
    assert revenue(store) == 81.0


def test_a_day_that_left_the_lake_is_taken_out(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    lake.sales(NEXT, sale(2, 30.0))
    store = open_store()
    store.scan()
    lake.remove(DAY)
    assert store.scan() == [Applied(KEY, None)]
    assert revenue(store) == 30.0
    assert store.scan() == []


def test_a_day_of_which_one_table_vanished_is_taken_out(lake: LakeFactory, open_store: OpenStore) -> None:
    """Replacing never makes a file vanish, so this is no replacement under way."""
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    lake.layout.star("fact_payments", DAY).unlink()
    assert store.scan() == [Applied(KEY, None)]


def test_an_emptied_lake_empties_the_answers(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    lake.dimensions()
    store = open_store()
    store.scan()
    lake.remove_all()
    store.scan()
    assert store.held == {}


def test_a_lake_that_is_away_is_not_an_empty_lake(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    lake.root.rename(lake.root.with_name("unmounted"))
    assert store.scan() == []
    assert store.refresh([KEY]) == []
    assert revenue(store) == 50.0


def test_no_lake_at_all_is_no_error(open_store: OpenStore) -> None:
    store = open_store()
    assert store.scan() == []
    assert store.held == {}


def test_applying_a_day_again_changes_nothing(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    assert keys(store.refresh([KEY])) == [KEY]
    version = store.data_version
    assert store.refresh([KEY]) == []
    assert (revenue(store), store.data_version) == (50.0, version)


def test_an_older_version_never_replaces_a_newer(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 80.0), as_of=EVENING)
    store = open_store()
    store.scan()
    lake.remove(DAY)
    lake.sales(DAY, sale(1, 50.0), as_of=MORNING)
    assert store.scan() == []
    assert revenue(store) == 80.0


def test_days_applied_in_any_order_give_the_same_data_version(
    lake: LakeFactory, open_store: OpenStore
) -> None:
    for day in (DAY, NEXT):
        lake.sales(day, sale(1, 50.0))
    one = open_store()
    one.refresh([PartitionKey("pos", NEXT)])
    one.refresh([KEY])
    other = open_store(path=lake.root.parent / "other.duckdb")
    other.scan()
    assert one.data_version == other.data_version


def test_tables_of_different_versions_wait_for_each_other(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0), as_of=MORNING)
    store = open_store()
    store.scan()
    row = {"line_id": 1, "date": datetime(2025, 12, 23, 9), **sale(1, 90.0)}
    evening = datetime.fromisoformat(EVENING)
    lake.write(KEY, {"fact_sales": [row]}, int(evening.timestamp() * 1e6), evening)
    assert store.scan() == []
    assert revenue(store) == 50.0
    lake.sales(DAY, sale(1, 90.0), as_of=EVENING)
    assert keys(store.scan()) == [KEY]
    assert revenue(store) == 90.0


def test_a_day_with_a_table_still_to_come_waits(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    payments = lake.layout.star("fact_payments", DAY)
    payments.rename(payments.with_name("elsewhere"))
    store = open_store()
    assert store.scan() == []
    payments.with_name("elsewhere").rename(payments)
    assert keys(store.scan()) == [KEY]


def test_an_empty_day_is_held_and_a_missing_one_is_not(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY)
    store = open_store()
    store.scan()
    with snapshot(store.cursor(), threading.Event()) as look:
        assert set(look.holdings().coverage(("pos",), UTC_ZONE).as_of) == {DAY}


def test_an_unreadable_file_is_left_out_and_stops_nothing(lake: LakeFactory, open_store: OpenStore) -> None:
    for day in (DAY, NEXT):
        lake.sales(day, sale(1, 50.0))
    lake.layout.star("fact_sales", DAY).write_bytes(b"not parquet at all")
    store = open_store()
    assert keys(store.scan()) == [PartitionKey("pos", NEXT)]


@pytest.mark.parametrize("doubled", ["dim_products", "dim_cashiers"])
def test_a_dimension_with_a_doubled_key_would_double_revenue_and_is_left_out(
    lake: LakeFactory, open_store: OpenStore, doubled: str
) -> None:
    cashier = {"cashier_id": 1, "cashier_name": "Sari", "active": True}
    names = ("product_name", "product_category", "product_parent_category", "category_path", "product_brand")
    ids = {"product_id": 1, "product_brand_id": 1, "category_id": 1}
    product = {**dict.fromkeys(names, "x"), **ids, "principal_name": "x", "active": True}
    rows: dict[str, Any] = {doubled: [cashier, cashier] if doubled == "dim_cashiers" else [product, product]}
    lake.dimensions(**rows)
    store = open_store()
    store.scan()
    assert PartitionKey("products" if doubled == "dim_products" else "cashiers", None) not in store.held


def test_a_file_with_rows_of_another_day_is_left_out(lake: LakeFactory, open_store: OpenStore) -> None:
    """They would stay behind when the day is replaced, and be counted twice."""
    stray = {"line_id": 1, "date": datetime(2025, 12, 24), **sale(1, 50.0)}
    lake.write(KEY, {"fact_sales": [stray], "fact_payments": []}, 1, datetime.now(UTC))
    assert open_store().scan() == []


def test_as_of_is_what_the_file_says(lake: LakeFactory, open_store: OpenStore) -> None:
    """Read at ten, loaded again the next morning: the day was still running, whatever the version says."""
    event = lake.sales(DAY, sale(1, 50.0), as_of=MORNING, version=NEXT_MORNING)
    later = {KEY: (event.version, datetime(2025, 12, 24, 1, tzinfo=UTC))}
    by_scan = open_store(path=lake.root.parent / "a.duckdb")
    by_scan.scan()
    by_event = open_store(path=lake.root.parent / "b.duckdb")
    by_event.refresh([KEY], later)
    by_ledger = open_store(path=lake.root.parent / "c.duckdb", as_of_source=lambda _: later)
    by_ledger.scan()
    for store in (by_scan, by_event, by_ledger):
        assert store.held[KEY].as_of == datetime.fromisoformat(MORNING)


@pytest.mark.parametrize("told", ["by the event", "by the ledger"])
def test_a_version_that_is_known_is_told_when_it_was_read(
    lake: LakeFactory, open_store: OpenStore, told: str
) -> None:
    """The scan came before the event, and the file does not say. Rows stay; answers are no longer the same."""
    event = lake.sales(DAY, sale(1, 50.0), as_of=MORNING, version=NEXT_MORNING, dated=False)
    store = open_store()
    store.scan()
    before = (store.held[KEY].as_of, store.data_version)
    known = {KEY: (event.version, event.as_of)}
    if told == "by the event":
        applied = store.refresh([KEY], known)
    else:
        store.close()
        store = open_store(as_of_source=lambda _: known)
        applied = store.scan()
    assert before[0] == datetime(2025, 12, 24, 1, tzinfo=UTC)
    assert applied == [Applied(KEY, store.held[KEY])]
    assert store.held[KEY].as_of == event.as_of
    assert store.data_version != before[1]
    with snapshot(store.cursor(), threading.Event()) as look:
        assert look.holdings().coverage(("pos",), UTC_ZONE).as_of == {DAY: event.as_of}
        assert look.data_version() == store.data_version
    assert (revenue(store), store.held[KEY].rows) == (50.0, 1)
    assert store.refresh([KEY], known) == []
    assert store.refresh([KEY], {}) == []  # nobody knows better


def test_a_file_whose_as_of_is_no_moment_stops_nothing(lake: LakeFactory, open_store: OpenStore) -> None:
    for day in (DAY, NEXT):
        lake.sales(day, sale(1, 50.0))
    path = lake.layout.star("fact_sales", DAY)
    table = pq.ParquetFile(path).read()
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"nk.as_of": b"noon"}), path)
    assert keys(open_store().scan()) == [PartitionKey("pos", NEXT)]


def test_a_file_whose_figures_were_damaged_is_left_out(lake: LakeFactory, open_store: OpenStore) -> None:
    """Parquet would read it without a complaint; only the checksum of its page tells."""
    for day in (DAY, NEXT):
        lake.sales(day, sale(1, 50.0))
    path = lake.layout.star("fact_sales", DAY)
    body = path.read_bytes()
    assert body.count(b"Shop/0001") > 0
    path.write_bytes(body.replace(b"Shop/0001", b"Shop/0007"))
    assert pq.ParquetFile(path).read()["order_ref"].to_pylist() == ["Shop/0007"]
    assert keys(open_store().scan()) == [PartitionKey("pos", NEXT)]


def test_as_of_comes_from_the_event_the_ledger_or_the_version_where_no_file_says(
    lake: LakeFactory, open_store: OpenStore
) -> None:
    event = lake.sales(DAY, sale(1, 50.0), as_of=MORNING, dated=False)
    moment = datetime(2025, 12, 23, 3, 5, tzinfo=UTC)
    by_version = open_store(path=lake.root.parent / "a.duckdb")
    by_version.scan()
    assert by_version.held[KEY].as_of == datetime.fromisoformat(MORNING)
    by_event = open_store(path=lake.root.parent / "b.duckdb")
    by_event.refresh([KEY], {KEY: (event.version, moment)})
    assert by_event.held[KEY].as_of == moment
    by_ledger = open_store(
        path=lake.root.parent / "c.duckdb",
        as_of_source=lambda keys: dict.fromkeys(keys, (event.version, moment)),
    )
    by_ledger.scan()
    assert by_ledger.held[KEY].as_of == moment
    of_another_version = open_store(
        path=lake.root.parent / "d.duckdb", as_of_source=lambda keys: dict.fromkeys(keys, (1, moment))
    )
    of_another_version.scan()
    assert of_another_version.held[KEY].as_of == datetime.fromisoformat(MORNING)


def test_after_a_restart_everything_is_still_there(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    first = open_store()
    first.scan()
    before = (dict(first.held), first.data_version)
    first.close()
    second = open_store()
    assert (second.held, second.data_version, revenue(second)) == (*before, 50.0)
    assert second.scan() == []


@pytest.mark.parametrize("damage", [b"", b"garbage" * 5000])
def test_a_broken_serving_file_is_rebuilt_from_the_lake(
    lake: LakeFactory, open_store: OpenStore, tmp_path: Path, damage: bytes
) -> None:
    lake.sales(DAY, sale(1, 50.0))
    (tmp_path / "serving.duckdb").write_bytes(damage)
    store = open_store()
    store.scan()
    assert revenue(store) == 50.0


def test_a_file_of_another_release_is_rebuilt(
    lake: LakeFactory, open_store: OpenStore, tmp_path: Path
) -> None:
    with duckdb.connect(str(tmp_path / "serving.duckdb")) as old:
        old.execute("CREATE TABLE serving_info (name VARCHAR, value VARCHAR)")
        old.execute("INSERT INTO serving_info VALUES ('schema', 'of long ago')")
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    assert revenue(store) == 50.0


def test_a_file_of_another_lake_is_rebuilt(lake: LakeFactory, open_store: OpenStore, tmp_path: Path) -> None:
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    store.close()
    assert open_store(lake_root=tmp_path / "other-lake").held == {}


def test_somebody_elses_database_is_not_overwritten(open_store: OpenStore, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "serving.duckdb")) as other:
        other.execute("CREATE TABLE precious AS SELECT 42 AS n")
    with pytest.raises(ConfigurationError, match="will not overwrite"):
        open_store()
    with duckdb.connect(str(tmp_path / "serving.duckdb")) as other:
        assert other.execute("SELECT n FROM precious").fetchone() == (42,)


def test_an_event_about_a_dataset_of_another_release_is_passed_over(open_store: OpenStore) -> None:
    assert open_store().refresh([PartitionKey("not-yet-known", DAY)]) == []


def test_a_file_that_another_process_holds_is_left_to_it(
    lake: LakeFactory, open_store: OpenStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is between processes; here the refusal is played."""
    real = duckdb.connect

    def refusing(path: str, **other: Any) -> duckdb.DuckDBPyConnection:
        if path.endswith("serving.duckdb"):
            raise duckdb.IOException("IO Error: Could not set lock on file: Conflicting lock is held")
        return real(path, **other)

    monkeypatch.setattr(duckdb, "connect", refusing)
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    assert revenue(store) == 50.0
    private = tmp_path / f"serving-{os.getpid()}.duckdb"
    assert private.exists()
    store.close()
    assert not private.exists()


def test_private_files_of_killed_processes_are_swept(open_store: OpenStore, tmp_path: Path) -> None:
    left = tmp_path / "serving-99999999.duckdb"
    left.write_bytes(b"")
    open_store()
    assert not left.exists()


def test_a_rebuild_begins_anew(lake: LakeFactory, open_store: OpenStore) -> None:
    lake.sales(DAY, sale(1, 50.0))
    store = open_store()
    store.scan()
    store.rebuild("a test says so")
    assert store.held == {}
    assert keys(store.scan()) == [KEY]
    assert revenue(store) == 50.0


def test_a_closed_store_says_so(open_store: OpenStore) -> None:
    store = open_store()
    store.close()
    with pytest.raises(ServingUnavailableError):
        store.cursor()


def test_a_failed_change_leaves_everything_as_it_was(
    lake: LakeFactory, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.sales(DAY, sale(1, 50.0), as_of=MORNING)
    store = open_store()
    store.scan()
    lake.sales(DAY, sale(1, 90.0), as_of=EVENING)

    def broken(*_: object) -> None:
        raise duckdb.OutOfMemoryException("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("nk_query_api.serving.applying._note_version", broken)
        with pytest.raises(duckdb.OutOfMemoryException):
            store.scan()
    assert revenue(store) == 50.0
    assert keys(store.scan()) == [KEY]
    assert revenue(store) == 90.0


def test_readers_never_see_two_versions_at_once(lake: LakeFactory, open_store: OpenStore) -> None:
    """Each version sells and pays the same sum on both days; a mixture would not add up."""
    store = open_store()
    write(lake, 1)
    store.scan()
    seen: list[tuple[object, ...]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with snapshot(store.cursor(), threading.Event()) as look:
                name = look.data_version()
                row = look.row("SELECT min(revenue), max(revenue), count(*) FROM fact_sales")
                paid = look.row("SELECT min(amount), max(amount), count(*) FROM fact_payments")
                seen.append((name, *row, *paid))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(2, 25):
        write(lake, n)
        store.scan()
    done.set()
    for reader in readers:
        reader.join()
    assert {row[1:4] == row[4:7] and row[1] == row[2] and row[3] == 40 for row in seen} == {True}
    assert len({row[0] for row in seen}) > 1
    assert len({row[:2] for row in seen}) == len({row[0] for row in seen})


def write(lake: LakeFactory, n: int) -> None:
    version = 1_766_000_000_000_000 + n
    lines = [sale(order, float(n)) for order in range(40)]
    lake.sales(DAY, *lines, payments=[payment(order, float(n)) for order in range(40)], version=version)
