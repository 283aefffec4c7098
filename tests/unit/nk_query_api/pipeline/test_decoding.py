"""Messages as people read them: decoded as far as they can be, and without what tells of people."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from nk_common.api.dead_letters import LetterContent
from nk_common.datasets import REGISTRY
from nk_common.events.raw import to_ipc
from nk_query_api.pipeline.decoding import MASK, content_of, is_personal

CONTROL, RAW = "nk.control.v1", "nk.raw.partners.v1"
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}


def read(body: bytes, topic: str = CONTROL, **headers: str) -> LetterContent:
    return content_of(body, headers, "pos|2026-01-06", topic)


def test_json_is_shown_as_json() -> None:
    found = read(b'{"type": "backfill", "datasets": ["nope"], "days": [1, null, true]}')
    assert found.kind == "json"
    assert found.document == {"type": "backfill", "datasets": ["nope"], "days": [1, None, True]}
    assert (found.bytes, found.key) == (67, "pos|2026-01-06")


def test_rows_are_shown_as_a_table_without_the_people_in_it() -> None:
    rows = pa.table({
        "id": list(range(9)), "name": ["Sari Dewi"] * 9, "email": ["sari@example.com"] * 9, "phone": [None] * 9,
        "street": ["Jl. Mawar 1"] * 9, "is_company": [False] * 9,
    })  # fmt: skip
    found = content_of(to_ipc(rows), {**ARROW, "nk-table": "partners"}, None, RAW)
    assert found.table is not None
    assert (found.kind, found.table.name, found.table.rows, len(found.table.first)) == (
        "table",
        "partners",
        9,
        5,
    )
    assert found.table.columns == ["id", "name", "email", "phone", "street", "is_company"]
    assert found.table.first[1] == ["1", MASK, MASK, None, MASK, "False"]
    assert found.table.masked == ["name", "email", "phone", "street"]
    assert "Sari" not in found.model_dump_json()


@pytest.mark.parametrize(
    ("table", "column", "personal"),
    [
        ("partners", "name", True),
        ("cashiers", "name", True),
        ("users", "name", True),
        ("pos_orders", "name", False),
        ("pos_orders", "email", True),
        ("account_move_out_invoice_lines", "move_id.partner_id.name", True),
        ("account_move_out_invoice_lines", "move_id.name", False),
        ("account_move_out_invoice_lines", "move_id.partner_id", False),
        ("inventory_moves", "create_uid.name", True),
        ("inventory_moves", "picking_id.partner_id.name", True),
        ("inventory_moves", "product_id.name", False),
        ("", "customer_name", True),
        ("", "source_partner_name", True),
        ("", "created_by_user", True),
        ("", "product_name", False),
        ("", "Street2", True),
    ],
)
def test_columns_that_tell_of_people_are_known(table: str, column: str, personal: bool) -> None:
    assert is_personal(table, column) is personal


def test_of_every_raw_table_names_and_contacts_of_people_are_masked() -> None:
    """So that a new column of people is thought of here."""
    shown = {
        f"{table.name} {field.name}"
        for dataset in REGISTRY
        for table in dataset.raw
        for field in table.schema
        if pa.types.is_string(field.type)
        and any(word in field.name for word in ("partner", "user", "employee", "uid", "mail", "phone"))
        and not is_personal(table.name, field.name)
    }
    assert shown == set()


def test_people_in_json_are_masked_too() -> None:
    document: dict[str, Any] = read(
        b'{"rows": [{"partner": {"email": "a@b.id"}, "customer_name": "Sari", "note": "call +62 812-3456-7890",'
        b' "version": 1766595601000000, "requested_at": "2025-12-24T17:00:00.123456Z", "tables": [{"name": "t"}]}]}'
    ).document
    assert document["rows"][0] == {
        "partner": {"email": MASK}, "customer_name": MASK, "note": f"call {MASK}", "version": 1766595601000000,
        "requested_at": "2025-12-24T17:00:00.123456Z", "tables": [{"name": "t"}],
    }  # fmt: skip


def test_text_is_shown_as_its_beginning() -> None:
    found = read("halo, sari@example.com — ".encode() + b"x" * 900)
    assert (found.kind, found.preview_is_hex) == ("bytes", False)
    assert found.preview is not None
    assert found.preview.startswith(f"halo, {MASK} — xxx")
    assert len(found.preview) == 200


@pytest.mark.parametrize(
    ("body", "preview"), [(b"\xff\xfe\x00", "ff fe 00"), (b"ok\x00", "6f 6b 00"), (b"a\xffb", "61 ff 62")]
)
def test_other_bytes_are_shown_as_numbers(body: bytes, preview: str) -> None:
    found = read(body)
    assert (found.kind, found.preview, found.preview_is_hex) == ("bytes", preview, True)


def test_rows_that_cannot_be_read_show_no_more_than_what_they_begin_with() -> None:
    """Somebody's list of customers, posted where rows belong."""
    found = content_of(b"Sari Dewi;sari@example.com;" * 50, ARROW, None, RAW)
    assert (found.kind, found.preview_is_hex, found.table) == ("bytes", True, None)
    assert len(bytes.fromhex(found.preview or "")) <= 32


@pytest.mark.parametrize("body", [b"", b"7", b'"word"', b"[" * 5000, b"{" + b" " * 30_000 + b"}"])
def test_what_is_no_document_is_no_error(body: bytes) -> None:
    assert read(body).kind == "bytes"


def test_half_a_letter_is_shown_as_a_question_mark() -> None:
    r"""JSON can say `\ud800`, which no answer may hold."""
    found = read(rb'{"message": "a\ud800b", "\udc00": [1], "partner_name": "Sari"}')
    assert found.document == {"message": "a?b", "?": [1], "partner_name": MASK}
    assert found.model_dump_json()


def test_headers_are_shown_without_contacts_and_cut() -> None:
    moment = "2026-01-07T00:00:00+00:00"
    found = read(b"{}", **{"nk-error": "no sari@example.com " + "x" * 900, "nk-given-up-at": moment})
    assert found.headers["nk-error"].startswith(f"no {MASK} x")
    assert len(found.headers["nk-error"]) == 500
    assert found.headers["nk-given-up-at"] == moment


@pytest.mark.parametrize("text", ["0812-3456-7890", "+62 812 3456 7890", "6281234567890"])
def test_telephone_numbers_in_running_text_are_masked(text: str) -> None:
    assert read(f"call {text}, please".encode()).preview == f"call {MASK}, please"


@pytest.mark.parametrize(
    "text", ["Order 00001-002-0003", "1766595601000000", "2025-12-24 17:00:00.123456", "62 pcs"]
)
def test_numbers_of_other_things_stay(text: str) -> None:
    assert read(f"{text}!".encode()).preview == f"{text}!"
