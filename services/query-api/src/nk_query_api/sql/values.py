"""Values of any type that DuckDB has, as JSON can hold them. Pure."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from nk_query_api.errors import BadQuestionError

_AS_TEXT = ("TIME ZONE", "INTERVAL", "UUID", "VARIANT", "GEOMETRY", "BIT", "BIGNUM", "TIME_NS", "UNION")
"""Types whose Python form says less than their text, or needs another package."""


def selected(column: str, name: str, kind: str) -> str:
    """What to select of a column of type `kind`: SQL. Raises BadQuestionError for bytes."""
    if "BLOB" in kind:
        raise BadQuestionError(
            f"Column {name} holds bytes, which JSON cannot; select hex({name}) or leave it out."
        )
    return f"CAST({column} AS VARCHAR)" if any(word in kind for word in _AS_TEXT) else column


def plain(value: Any) -> Any:
    """The value as numbers, texts, booleans, lists and objects; what is no number (NaN, infinity) is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(plain(key)): plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def weight(value: Any) -> int:
    """About how many characters a plain value takes as JSON."""
    if isinstance(value, str):
        return len(value) + 3
    if isinstance(value, list):
        return 2 + sum(weight(one) for one in value)
    if isinstance(value, dict):
        return 2 + sum(len(key) + 4 + weight(one) for key, one in value.items())
    return 8
