"""What `nk odoo check` finds: who answers, what may not be read, and whether the discount field means what we think."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx
import orjson
from pydantic import BaseModel, ConfigDict

from nk_common.errors import OdooRefusedError
from nk_extractor.odoo.capabilities import NUMBERS, capabilities
from nk_extractor.odoo.client import OdooClient, Row
from nk_extractor.settings import OdooSettings

LINES = "pos.order.line"
_RECENT = 200
_AT_LEAST = 5
"""Fewer lines say nothing."""
_MOSTLY = 0.9
_CENT, _ROUNDING = 0.01, 0.001
_SECONDS = 10.0


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Lack(_Part):
    """One thing that cannot be read. `field` is null where it is the whole model."""

    model: str
    field: str | None
    required: bool
    means: str


class Discounts(_Part):
    """Of the newest lines with both discounts, how many name the same amount twice."""

    field: str
    looked_at: int
    the_same: int

    @property
    def repeats(self) -> bool:
        return self.looked_at >= _AT_LEAST and self.the_same >= self.looked_at * _MOSTLY


class OdooCheck(_Part):
    """`databases` is null where the server does not tell."""

    address: str
    database: str
    user: str
    transport: str
    version: str | None
    databases: list[str] | None
    missing: list[Lack]
    discounts: Discounts | None

    @property
    def is_fit(self) -> bool:
        """Whether every figure can be right."""
        lacks = any(one.required for one in self.missing)
        return not lacks and not (self.discounts and self.discounts.repeats)


def check(client: OdooClient, settings: OdooSettings, databases: Sequence[str] | None) -> OdooCheck:
    """Raises OdooUnavailableError, and OdooRefusedError when the user is not let in."""
    version = client.server_version()
    lacks = [
        Lack(model=one.model, field=one.field, required=one.required, means=one.sentence)
        for one in capabilities(client, settings)
    ]
    return OdooCheck(
        address=settings.odoo_address,
        database=settings.odoo_db,
        user=settings.odoo_username,
        transport=settings.odoo_transport,
        version=version,
        databases=None if databases is None else list(databases),
        missing=lacks,
        discounts=discounts_of(client, settings.odoo_discount_field),
    )


def listed_databases(settings: OdooSettings, via: httpx.BaseTransport | None = None) -> list[str] | None:
    """The databases of the server; None where it does not tell (`list_db = False`), or does not answer."""
    body = {"jsonrpc": "2.0", "params": {"service": "db", "method": "list", "args": []}}
    try:
        with httpx.Client(timeout=_SECONDS, transport=via) as http:
            answer = orjson.loads(http.post(f"{settings.odoo_address}/jsonrpc", json=body).content)
    except (httpx.HTTPError, orjson.JSONDecodeError):
        return None
    found = answer.get("result") if isinstance(answer, dict) else None
    return [str(name) for name in found] if isinstance(found, list) else None


def in_words(found: OdooCheck) -> Iterator[str]:
    """Sentences for people."""
    yield f"Odoo {found.version or '(version not told)'} answers at {found.address}, by {found.transport}."
    yield f"It lets {found.user or 'the user of the key'} into the database {found.database}."
    if found.databases is None:
        yield "It does not list its databases; many servers do not."
    else:
        yield f"Its databases: {', '.join(found.databases)}."
    for one in found.missing:
        yield f"{'NEEDED' if one.required else 'Not there'}: {one.means}"
    if not found.missing:
        yield "All that nkdash reads can be read."
    if found.discounts:
        yield in_a_word(found.discounts)


def discounts_of(client: OdooClient, field: str) -> Discounts | None:
    """Of the newest lines. None where there is no such field, or lines may not be read."""
    if not field or not client.has_model(LINES):
        return None
    known = client.fields_of(LINES).get(field)
    if known is None or known["type"] not in NUMBERS:
        return None
    both = [["discount", ">", 0], [field, "!=", 0]]
    try:
        lines = client.search_read(LINES, both, ["qty", "price_unit", "discount", field], "id desc", _RECENT)
    except OdooRefusedError:
        return None  # what may not be read is among the missing
    return Discounts(
        field=field, looked_at=len(lines), the_same=sum(_is_the_same(line, field) for line in lines)
    )


def in_a_word(discounts: Discounts) -> str:
    """Whether the field is a discount of its own, and what to do if it is not."""
    if not discounts.looked_at:
        return (
            f"No line has both a discount in percent and {discounts.field}, so there is nothing to compare."
        )
    counted = f"Of {discounts.looked_at} recent lines with both discounts, {discounts.the_same}"
    if discounts.repeats:
        return (
            f"WRONG: {counted} have in {discounts.field} what their percentage already takes off. nkdash would take it "
            "off twice, and sales would be too low: set NK_ODOO_DISCOUNT_FIELD= (empty) in .env, and read the days "
            "again with nk backfill --force."
        )
    return (
        f"{counted} have in {discounts.field} what their percentage takes off: it is a discount of its own."
    )


def _is_the_same(line: Row, field: str) -> bool:
    taken_off = abs(float(line["price_unit"] * line["qty"] * line["discount"]) / 100)
    return abs(taken_off - abs(float(line[field]))) < max(_CENT, taken_off * _ROUNDING)
