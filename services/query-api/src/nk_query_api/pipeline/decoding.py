"""From the bytes of a message to what a person can read. Pure; values about people are masked."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from nk_common.api.dead_letters import LetterContent, LetterTable
from nk_common.events.raw import CONTENT_TYPE, from_ipc

MASK = "•••"
_ROWS = 5
_CELL = 80
_TEXT, _HEX = 200, 32
_HEADER = 500
_DOCUMENT = 20_000
"""Longer JSON is shown as its beginning: no message of ours is as long."""
_RAW = "nk.raw."

_PEOPLE = ("partners", "cashiers", "users")
"""Tables whose rows are people: there `name` and `ref` are personal, too."""
_NAMES = frozenset({"name", "display_name", "ref"})
_CONTACTS = frozenset(
    {"email", "phone", "mobile", "street", "street2", "city", "zip", "vat", "contact_address"}
)
_PERSON = re.compile(r"(partner|customer|vendor|employee|cashier|user|uid|person|contact)")
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_TELEPHONE = re.compile(r"(?<![\w.:-])(\+\d|0[1-9]|62)[\d ()-]{6,14}\d(?![\w:])")
"""As they are written in Indonesia, or with the code of a country; numbers of orders and moments begin otherwise."""


def content_of(body: bytes, headers: Mapping[str, str], key: str | None, topic: str) -> LetterContent:
    """The message that came from `topic`."""
    shown = {name: _without_contacts(value)[:_HEADER] for name, value in headers.items()}
    common: dict[str, Any] = {"bytes": len(body), "key": key, "headers": shown}
    if (rows := _rows(body, headers, topic)) is not None:
        return LetterContent(kind="table", table=_table(headers.get("nk-table", ""), rows), **common)
    if (document := _document(body)) is not None:
        return LetterContent(kind="json", document=_masked(document), **common)
    text = None if topic.startswith(_RAW) else _text(body)
    if text is not None:
        return LetterContent(kind="bytes", preview=_without_contacts(text)[:_TEXT], **common)
    # Of rows about people that cannot be read, no more than shows what they are.
    return LetterContent(kind="bytes", preview=body[:_HEX].hex(" "), preview_is_hex=True, **common)


def is_personal(table: str, column: str) -> bool:
    """Whether values of the column tell of people: contacts anywhere, names of people, what leads to a person."""
    *path, last = column.lower().split(".")
    if last in _CONTACTS:
        return True
    owner = ".".join(path)
    if last in _NAMES:
        return table in _PEOPLE if not owner else bool(_PERSON.search(owner))
    return last.endswith(("_name", "_by_user")) and bool(_PERSON.search(last))


def _rows(body: bytes, headers: Mapping[str, str], topic: str) -> pa.Table | None:
    if headers.get("content-type") != CONTENT_TYPE and not topic.startswith(_RAW):
        return None
    try:
        return from_ipc(body)
    except (pa.ArrowException, OSError, ValueError):
        return None


def _table(name: str, rows: pa.Table) -> LetterTable:
    masked = [column for column in rows.column_names if is_personal(name, column)]
    shown = [
        [_cell(value, masked=column in masked) for column, value in row.items()]
        for row in rows.slice(0, _ROWS).to_pylist()
    ]
    return LetterTable(name=name, columns=rows.column_names, rows=rows.num_rows, first=shown, masked=masked)


def _cell(value: object, *, masked: bool) -> str | None:
    if value is None:
        return None
    if masked:
        return MASK
    return _without_contacts(value)[:_CELL] if isinstance(value, str) else str(value)[:_CELL]


def _document(body: bytes) -> dict[str, Any] | list[Any] | None:
    """JSON that is an object or a list; a lone number or word is text."""
    if len(body) > _DOCUMENT:
        return None
    try:
        document = json.loads(body)
        # JSON can name halves of letters, which no text may hold.
        document = json.loads(json.dumps(document, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, (dict, list)) else None


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    if value is not None and not isinstance(value, bool) and is_personal("", name):
        return MASK
    return _without_contacts(value) if isinstance(value, str) else value


def _text(body: bytes) -> str | None:
    """The beginning, if it is text; a letter that is cut through at its end does not count."""
    start = body[: _TEXT * 4]
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) == len(body))
    except UnicodeDecodeError:
        return None
    return text if all(letter.isprintable() or letter in "\n\r\t" for letter in text) else None


def _without_contacts(text: str) -> str:
    """E-mail addresses and telephone numbers in running text; ids and moments stay."""
    return _TELEPHONE.sub(MASK, _E_MAIL.sub(MASK, text))
