"""Incremental dimensions: the whole table comes out, whatever little was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from nk_common.datasets.types import FLAG, ID, TEXT, UTC_TIME, schema
from nk_common.errors import OdooUnavailableError
from nk_extractor.extract.incremental import IncrementalTable
from nk_extractor.odoo.client import OdooClient
from support.clock import SetClock
from support.fake_odoo import FakeOdoo

SCHEMA = schema({"id": ID}, name=TEXT, active=FLAG, write_date=UTC_TIME)


def partner(
    number: int, name: str, written: str = "2026-01-01 00:00:00", *, active: bool = True
) -> dict[str, Any]:
    return {"id": number, "name": name, "active": active, "write_date": written}


@pytest.fixture
def odoo() -> FakeOdoo:
    return FakeOdoo(
        {"res.partner": [partner(1, "Ayu"), partner(2, "Bagus"), partner(3, "Citra", active=False)]}
    )


@pytest.fixture
def clock() -> SetClock:
    return SetClock("2026-01-10T05:00:00Z")


@pytest.fixture
def table(clock: SetClock) -> IncrementalTable:
    return IncrementalTable("res.partner", SCHEMA, clock)


def names(rows: pa.Table) -> list[tuple[int, str]]:
    return list(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))


def read_ids(odoo: FakeOdoo) -> list[int]:
    """Records read since the last look."""
    found = [one for ids in odoo.read_ids for one in ids]
    odoo.read_ids.clear()
    return found


def test_the_first_read_is_whole_and_the_next_reads_what_changed(
    odoo: FakeOdoo, table: IncrementalTable
) -> None:
    client = OdooClient(odoo, 1000)
    assert names(table.read(client, {})) == [(1, "Ayu"), (2, "Bagus"), (3, "Citra")]
    read_ids(odoo)
    odoo.records["res.partner"] = [
        partner(1, "Ayu"),
        partner(3, "Citra L", "2026-01-09 00:00:00", active=False),
        partner(9, "Dewi", "2020-01-01 00:00:00"),
    ]
    odoo.records["res.partner"][0]["write_date"] = "2025-12-31 00:00:00"
    rows = table.read(client, {})
    assert names(rows) == [(1, "Ayu"), (3, "Citra L"), (9, "Dewi")], "changed, new (though old) and deleted"
    assert rows["active"].to_pylist() == [True, False, True]
    assert read_ids(odoo) == [3, 9]


def test_it_is_whole_again_after_a_day(odoo: FakeOdoo, table: IncrementalTable, clock: SetClock) -> None:
    """Odoo does not write a record whose computed name changes."""
    client = OdooClient(odoo, 1000)
    table.read(client, {})
    odoo.records["res.partner"][0] = partner(1, "Ayu, renamed", "2025-01-01 00:00:00")
    clock.tick(seconds=timedelta(hours=25).total_seconds())
    assert names(table.read(client, {}))[0] == (1, "Ayu, renamed")


def test_after_a_failed_read_nothing_half_read_is_remembered(odoo: FakeOdoo, table: IncrementalTable) -> None:
    client = OdooClient(odoo, 1000)
    table.read(client, {})

    def breaks(_model: str, method: str, answer: Any) -> Any:
        if method == "read":
            raise OdooUnavailableError("gone")
        return answer

    odoo.hook = breaks
    odoo.records["res.partner"].append(partner(4, "Eka", "2026-02-01 00:00:00"))
    with pytest.raises(OdooUnavailableError):
        table.read(client, {})
    odoo.hook = lambda _model, _method, answer: answer
    assert names(table.read(client, {})) == [(1, "Ayu"), (2, "Bagus"), (3, "Citra"), (4, "Eka")]


def test_other_fields_mean_another_whole_read(odoo: FakeOdoo, table: IncrementalTable) -> None:
    client = OdooClient(odoo, 1000)
    table.read(client, {"name": None})
    assert table.read(client, {})["name"].to_pylist() == ["Ayu", "Bagus", "Citra"]
