"""Ranges with a name."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from nk_query_api.errors import BadQuestionError
from nk_query_api.questions.presets import Preset, preset_days
from nk_query_api.questions.windows import asked_window

TODAY = date(2026, 2, 11)
"""A Wednesday."""

EXPECTED: dict[Preset, str] = {
    "today": "2026-02-11..2026-02-11",
    "yesterday": "2026-02-10..2026-02-10",
    "last-7-days": "2026-02-05..2026-02-11",
    "last-30-days": "2026-01-13..2026-02-11",
    "week": "2026-02-09..2026-02-15",
    "month": "2026-02-01..2026-02-28",
    "quarter": "2026-01-01..2026-03-31",
    "semester": "2026-01-01..2026-06-30",
    "year": "2026-01-01..2026-12-31",
    "week-to-date": "2026-02-09..2026-02-11",
    "month-to-date": "2026-02-01..2026-02-11",
    "quarter-to-date": "2026-01-01..2026-02-11",
    "semester-to-date": "2026-01-01..2026-02-11",
    "year-to-date": "2026-01-01..2026-02-11",
    "last-week": "2026-02-02..2026-02-08",
    "last-month": "2026-01-01..2026-01-31",
    "last-quarter": "2025-10-01..2025-12-31",
    "last-semester": "2025-07-01..2025-12-31",
    "last-year": "2025-01-01..2025-12-31",
}


@pytest.mark.parametrize("preset", get_args(Preset))
def test_presets(preset: Preset) -> None:
    """A preset without expected days fails here."""
    assert "..".join(str(day) for day in preset_days(preset, TODAY)) == EXPECTED[preset]


def test_a_preset_and_days_at_once_are_refused() -> None:
    with pytest.raises(BadQuestionError, match="either a preset or start and end"):
        asked_window(TODAY, None, TODAY, "today")
