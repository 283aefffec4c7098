"""`read_group` in the words of its successor, `formatted_read_group` of Odoo 19."""

from __future__ import annotations

from typing import Any

from nk_extractor.odoo.client import Row

_COUNT = "__count"


def formatted(body: dict[str, Any]) -> dict[str, Any]:
    """Arguments of `read_group` (domain, fields as "amount:sum", groupby) as those of its successor."""
    aggregates = [name if ":" in name else f"{name}:sum" for name in body["fields"]]
    named = {
        "domain": body["domain"],
        "groupby": list(body["groupby"]),
        "aggregates": [_COUNT, *aggregates],
    }
    optional = {
        "order": body.get("orderby"),
        "limit": body.get("limit"),
        "offset": body.get("offset"),
        "context": body.get("context"),
    }
    return {**named, **{name: value for name, value in optional.items() if value}}


def plain_groups(groups: list[Row]) -> list[Row]:
    """Its answer under the names that `read_group` gives: `amount` for "amount:sum", with `__count`.

    A grouping such as "date:day" keeps its name in both.
    """
    return [{_plain(name): value for name, value in group.items()} for group in groups]


def _plain(name: str) -> str:
    field, _, aggregate = name.partition(":")
    return field if aggregate in ("sum", "min", "max", "avg", "count", "count_distinct") else name
