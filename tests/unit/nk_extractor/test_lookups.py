"""Lookups: what many days refer to, read once, and never answered by half."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from nk_common.datasets.types import ID, NUMBER, schema
from nk_common.errors import IncompleteReadError, OdooRefusedError
from nk_extractor.extract.lookups import Lookup, attach
from nk_extractor.odoo.client import OdooClient
from support.fake_odoo import FakeOdoo

SCHEMA = schema({"id": ID}, factor=NUMBER)


class Clock:
    """Seconds, as `time.monotonic` gives them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def odoo() -> FakeOdoo:
    return FakeOdoo(
        {"uom.uom": [{"id": 1, "factor": 1.0}, {"id": 2, "factor": 0.5}, {"id": 3, "factor": 0.25}]}
    )


def ids(*numbers: int | None) -> pa.ChunkedArray:
    return pa.chunked_array([list(numbers)], pa.int64())


def factors(rows: pa.Table, wanted: pa.ChunkedArray) -> list[float | None]:
    found: list[float | None] = attach(pa.table({"uom": wanted}), "uom", rows, "factor")[
        "uom.factor"
    ].to_pylist()
    return found


def test_each_record_is_read_once_until_it_is_old(odoo: FakeOdoo) -> None:
    clock, client = Clock(), OdooClient(odoo, 1000)
    lookup = Lookup("uom.uom", SCHEMA, clock=clock)
    assert factors(lookup.rows(client, ids(1, None, 2)), ids(1, None, 2)) == [1.0, None, 0.5]
    calls = len(odoo.calls)
    lookup.rows(client, ids(2, 1))
    assert len(odoo.calls) == calls
    clock.now = 301.0
    odoo.records["uom.uom"][0]["factor"] = 7.0
    assert factors(lookup.rows(client, ids(1)), ids(1)) == [7.0]


def test_one_that_grows_old_while_another_reads_loses_nothing(odoo: FakeOdoo) -> None:
    """Two days at once: the second finds the lookup old, and empties it, in the middle of the first's read."""
    clock, client = Clock(), OdooClient(odoo, 1000)
    lookup = Lookup("uom.uom", SCHEMA, clock=clock)
    lookup.rows(client, ids(1))

    def meanwhile(_model: str, method: str, answer: Any) -> Any:
        if method == "search_read" and clock.now == 0.0:
            clock.now = 301.0
            lookup.rows(client, ids(3))
        return answer

    odoo.hook = meanwhile
    assert factors(lookup.rows(client, ids(1, 2)), ids(1, 2)) == [1.0, 0.5]


def test_a_record_that_odoo_does_not_show_fails_the_day_unless_it_is_only_a_name(odoo: FakeOdoo) -> None:
    client = OdooClient(odoo, 1000)
    with pytest.raises(IncompleteReadError, match="record rules"):
        Lookup("uom.uom", SCHEMA).rows(client, ids(1, 99))
    rows = Lookup("uom.uom", SCHEMA, optional=True).rows(client, ids(1, 99))
    assert factors(rows, ids(1, 99)) == [1.0, None]


def test_a_model_that_may_not_be_read_fails_the_day_unless_it_is_only_a_name(odoo: FakeOdoo) -> None:
    def refuses(_model: str, method: str, answer: Any) -> Any:
        if method == "search_read":
            raise OdooRefusedError("no")
        return answer

    odoo.hook = refuses
    client = OdooClient(odoo, 1000)
    with pytest.raises(OdooRefusedError):
        Lookup("uom.uom", SCHEMA).rows(client, ids(1))
    assert factors(Lookup("uom.uom", SCHEMA, optional=True).rows(client, ids(1)), ids(1)) == [None]
