"""Others read the lake without us: the examples of docs/data-model.md, run as they stand there, in a
process that knows nothing of nkdash."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from nk_common.star import FACTS
from nk_common.star.views import VIEWS
from support.lake_factory import LakeFactory, sale
from support.settings_catalogue import ROOT

DAYS = (date(2025, 12, 23), date(2025, 12, 24), date(2025, 12, 25))
EXAMPLES = re.findall(
    r"^(\w+):\n\n```python\n(.*?)```", (ROOT / "docs" / "data-model.md").read_text(), re.MULTILINE | re.DOTALL
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> LakeFactory:
    """Two days of sales, one of them after midnight and one without a customer, and a day without any."""
    lake = LakeFactory(tmp_path_factory.mktemp("lake") / "data-lake")
    lake.sales(DAYS[0], sale(1, 50_000.0, "00:30"), sale(2, 20_000.0, "23:59", customer_id=5))
    lake.sales(DAYS[1], sale(3, 30_000.0))
    lake.sales(DAYS[2])
    invoice = {"move_id": 1, "move_line_id": 1, "product_id": 1, "revenue": 7_000.0}
    lake.day("invoice-sales", DAYS[1], {"fact_invoice_sales": [invoice]})
    lake.dimensions()
    return lake


def test_the_document_has_an_example_for_each() -> None:
    assert [name for name, _ in EXAMPLES] == ["DuckDB", "polars", "pandas", "pyarrow"]


@pytest.mark.parametrize(("name", "code"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_the_example_of_the_document_works(lake: LakeFactory, name: str, code: str) -> None:
    """In a process of its own, with nothing of ours imported, it prints the revenue of each day."""
    if name == "pandas":
        pytest.importorskip("pandas")
    assert not re.search(r"\bnk_\w+", code)
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=lake.root.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n") == ["2025-12-23 70000.0", "2025-12-24 30000.0", ""]


def test_a_whole_folder_may_be_read_without_naming_files(lake: LakeFactory) -> None:
    """One file for each day, so no glob counts a day twice; the folders' names make columns for those who want
    them."""
    rows = duckdb.execute(
        f"SELECT year, month, day, count(*) FROM read_parquet('{lake.root}/star-schema/fact_sales/**/*.parquet', "
        "hive_partitioning = true) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert [tuple(int(value) for value in row) for row in rows] == [(2025, 12, 23, 2), (2025, 12, 24, 1)]


def test_times_are_those_of_the_clock_on_the_wall(lake: LakeFactory) -> None:
    """Half past midnight stays half past midnight, on its day, whatever the reader's time zone is."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        path = lake.layout.star("fact_sales", DAYS[0])
        (first,) = connection.execute(f"SELECT min(date) FROM read_parquet('{path}')").fetchall()
    assert first == (datetime(2025, 12, 23, 0, 30),)


def test_the_views_work_over_the_lake(lake: LakeFactory, tmp_path: Path) -> None:
    """Their SQL needs nothing but tables of those names."""
    with duckdb.connect() as connection:
        for table in FACTS:
            if (lake.root / "star-schema" / table.name).exists():
                connection.execute(
                    f"CREATE VIEW {table.name} AS FROM read_parquet('{lake.layout.star_glob(table.name)}')"
                )
        (view,) = [view for view in VIEWS if view.name == "fact_sales_all"]
        rows = connection.execute(
            f"SELECT source, count(DISTINCT txn_id), sum(revenue) FROM ({view.sql}) GROUP BY source ORDER BY source"
        ).fetchall()
    assert rows == [("invoice", 1, 7_000.0), ("pos", 3, 100_000.0)]


def test_every_file_says_which_reading_it_holds(lake: LakeFactory) -> None:
    """The metadata of the document, as DuckDB shows it."""
    path = lake.layout.star("fact_sales", DAYS[0])
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')"
        ).fetchall()
    found = dict(rows)
    assert found["nk.rows"] == "2"
    assert found["nk.version"] == "1766512800000000"
    assert datetime.fromisoformat(found["nk.as_of"]) == datetime.fromisoformat("2025-12-24T01:00+07:00")
