"""Which days failed names every answer, so that none is taken for another after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from nk_query_api.pipeline.failures import version_of

DAY, OTHER = date(2025, 12, 20), date(2025, 12, 22)


def test_the_version_names_the_very_days() -> None:
    sets: list[Mapping[str, frozenset[date]]] = [
        {},
        {"pos": frozenset({DAY})},
        {"pos": frozenset({OTHER})},
        {"purchases": frozenset({DAY})},
        {"pos": frozenset({DAY, OTHER})},
    ]
    assert len({version_of(days) for days in sets}) == len(sets)


def test_the_same_days_have_the_same_version_in_whatever_order_they_were_told() -> None:
    days = {"pos": frozenset({DAY, OTHER}), "purchases": frozenset({DAY})}
    assert version_of(days) == version_of(dict(reversed(days.items()))) == "6b215fcf86029862"
