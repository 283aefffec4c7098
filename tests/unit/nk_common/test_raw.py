"""Raw chunks: what is encoded is decoded, and anything else is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nk_common.datasets.base import PartitionKey
from nk_common.datasets.pos import RAW_PAYMENTS
from nk_common.errors import UnreadableMessageError
from nk_common.events.base import Totals
from nk_common.events.raw import RawChunk, Summary, split, to_ipc

AT = datetime(2026, 1, 6, 3, tzinfo=UTC)
TOTALS = Totals(documents=1, lines=1, quantity=1.0, amount=100.0, payments=100.0)


def payments(count: int) -> pa.Table:
    rows = [
        {
            "id": n,
            "pos_order_id": 1,
            "payment_method_id": 5,
            "amount": 1.5,
            "payment_date": AT,
            "is_change": False,
        }
        for n in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=RAW_PAYMENTS.schema)


def chunk(rows: pa.Table, *, last: bool = True) -> RawChunk:
    summary = Summary({"pos_payments": rows.num_rows}, TOTALS) if last else None
    return RawChunk(PartitionKey("pos", date(2026, 1, 6)), "run", 7, AT, AT, "pos_payments", 0, rows, summary)


@pytest.mark.parametrize("last", [True, False])
def test_a_chunk_survives_the_bus(last: bool) -> None:
    sent = chunk(payments(3), last=last)
    received = RawChunk.decode(*sent.encode())
    assert received.rows.equals(sent.rows)
    assert received == RawChunk(**{**vars(sent), "rows": received.rows})


@pytest.mark.parametrize(
    "change",
    [
        {"nk-checksum": "0" * 32},
        {"nk-rows": "4"},
        {"nk-dataset": "no-such"},
        {"nk-table": "no-such"},
        {"nk-day": "yesterday"},
        {"nk-version": "new"},
        {"nk-summary": "{}"},
    ],
)
def test_a_chunk_that_is_not_as_it_says_is_refused(change: dict[str, str]) -> None:
    body, headers = chunk(payments(3)).encode()
    with pytest.raises(UnreadableMessageError):
        RawChunk.decode(body, {**headers, **change})


def test_missing_headers_and_rubbish_bytes_are_refused() -> None:
    body, headers = chunk(payments(3)).encode()
    with pytest.raises(UnreadableMessageError):
        RawChunk.decode(body, {})
    with pytest.raises(UnreadableMessageError):
        RawChunk.decode(b"rubbish", headers)


@given(count=st.integers(0, 400), limit=st.integers(1500, 4000))
def test_slices_keep_every_row_in_order_and_stay_under_the_limit(count: int, limit: int) -> None:
    table = payments(count)
    pieces = [piece for piece, _ in split(table, limit)]
    assert pa.concat_tables(pieces).equals(table)
    assert all(len(to_ipc(piece)) <= limit or piece.num_rows <= 1 for piece in pieces)
