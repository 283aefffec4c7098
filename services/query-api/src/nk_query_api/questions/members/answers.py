"""`/v1/dimensions/*`: members of the dimensions, and how many there are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nk_common.api.dimensions import DimensionMeta, Dimensions, DimensionSummary, Member, Members, OneMember
from nk_query_api.errors import NotFoundError
from nk_query_api.questions.members.index import MemberIndexes, Page
from nk_query_api.questions.members.lists import MEMBER_LISTS, MemberList
from nk_query_api.serving.snapshot import Snapshot


def dimensions(look: Snapshot) -> Dimensions:
    """Every dimension with its counts."""
    read = _read(look)
    return Dimensions(dimensions=[_summary(look, one, read) for one in MEMBER_LISTS])


def members(look: Snapshot, asked: MemberList, page: Page, indexes: MemberIndexes) -> Members:
    """A page of the members."""
    found = _meta(look, asked, _read(look))
    if found.fresh_until is None:
        return Members(meta=found, name=asked.name, total=None, members=[])
    total, keys = indexes.of(look, asked).page(page)
    rows = look.rows(
        f"SELECT {_columns(asked)} FROM {asked.source} WHERE {asked.key} = ANY($1::{_type(asked)}[])",  # noqa: S608
        [keys],
    )
    by_key = {row[0]: _member(asked, row) for row in rows}
    return Members(meta=found, name=asked.name, total=total, members=[by_key[str(key)] for key in keys])


def one_member(look: Snapshot, asked: MemberList, key: str) -> OneMember:
    """The member called `key`. Raises NotFoundError."""
    found = _meta(look, asked, _read(look))
    if found.fresh_until is None:
        raise NotFoundError(f"The dimension {asked.name} is not loaded yet; refresh {asked.dataset} first.")
    value = _key_value(asked, key)
    rows = [] if value is None else look.rows(
        f"SELECT {_columns(asked)} FROM {asked.source} WHERE {asked.key} = $1", [value]  # noqa: S608
    )  # fmt: skip
    if not rows:
        raise NotFoundError(f"There is no {key!r} among the {asked.name}.")
    return OneMember(meta=found, name=asked.name, member=_member(asked, rows[0]))


def _summary(look: Snapshot, asked: MemberList, read: dict[str, datetime]) -> DimensionSummary:
    found = _meta(look, asked, read)
    total: int | None = None
    active: int | None = None
    if found.fresh_until is not None:
        counted = f"count_if({asked.active})" if asked.active else "NULL"
        total, active = look.row(f"SELECT count(*), {counted} FROM {asked.source}")  # noqa: S608
    return DimensionSummary(
        name=asked.name,
        title=asked.title,
        parameter=asked.parameter,
        breakdown=asked.breakdown,
        total=total,
        active=active,
        meta=found,
    )


def _read(look: Snapshot) -> dict[str, datetime]:
    """When Odoo was read (UTC) for each dataset that is loaded whole."""
    rows = look.rows("SELECT dataset, as_of FROM loaded_days WHERE day IS NULL")
    return {dataset: as_of.replace(tzinfo=UTC) for dataset, as_of in rows}


def _meta(look: Snapshot, asked: MemberList, read: dict[str, datetime]) -> DimensionMeta:
    return DimensionMeta(
        data_version=look.data_version(), fresh_until=read.get(asked.dataset), input=asked.dataset
    )


def _type(asked: MemberList) -> str:
    return "BIGINT" if asked.is_by_id else "VARCHAR"


def _columns(asked: MemberList) -> str:
    found = (asked.path, asked.code, asked.barcode, asked.active)
    return ", ".join([
        f"CAST({asked.key} AS VARCHAR)", asked.label, *(column or "NULL" for column in found), *asked.attributes
    ])  # fmt: skip


def _member(asked: MemberList, row: tuple[Any, ...]) -> Member:
    key, label, path, code, barcode, active, *others = row
    return Member(
        key=key, label=label, path=path, code=code, barcode=barcode, active=active,
        attributes=dict(zip(asked.attributes, others, strict=True)),
    )  # fmt: skip


def _key_value(asked: MemberList, key: str) -> int | str | None:
    """The key as the table holds it; None for what cannot be one."""
    if not asked.is_by_id:
        return key
    digits = key.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    return int(key)
