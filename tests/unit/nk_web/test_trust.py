"""The badge on every page: the worst that is known of the shown days, in few words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from nk_common.api.common import DateRange
from nk_common.api.trust import DimensionsTrust, Trust, TrustFigures
from nk_web.api_client import ApiFailedError
from nk_web.format import Formats
from nk_web.i18n import read_catalogue
from nk_web.pages.trust import badge
from nk_web.reader import Reader
from nk_web.settings import WebSettings
from support.fake_query_api import FakeQueryApi

NOW = datetime(2026, 11, 23, 7, 45, tzinfo=UTC)
FIGURES = {
    "requested": 7, "loaded": 7, "partial": 0, "missing": 0, "failed": 0, "running": 0, "rejected_rows": 0,
    "reconciled": 7, "differing": 0, "last_reconciled_at": None, "fresh_until": NOW,
}  # fmt: skip


def reader() -> Reader:
    formats = Formats("en", WebSettings().zone)
    return Reader("en", read_catalogue("en"), formats, NOW, date(2026, 11, 23))


def november(*days: int) -> list[date]:
    return [date(2026, 11, day) for day in days]


def trust(figures: dict[str, int | None], end: date = date(2026, 11, 22), **named: Any) -> Trust:
    return Trust(
        data_version="1",
        timezone="Asia/Jakarta",
        range=DateRange(start=end - timedelta(days=6), end=end),
        together=TrustFigures.model_validate({**FIGURES, **figures}),
        datasets=[],
        dimensions=DimensionsTrust(loaded=1, missing=0, fresh_until=NOW),
        kpis=[],
        ledger_problem=None,
        **named,
    )


@pytest.mark.parametrize(
    ("figures", "mood", "text"),
    [
        ({}, "good", "7 days, complete"),
        ({"loaded": 5, "missing": 2}, "warn", "5 of 7 days loaded"),
        ({"loaded": 6, "failed": 1}, "warn", "1 of 7 days failed"),
        ({"differing": 1, "reconciled": 6}, "warn", "7 days, complete"),
        ({"loaded": 0, "missing": 7}, "bad", "0 of 7 days loaded"),
        ({"failed": None, "reconciled": None, "differing": None}, "good", "7 days, complete"),
    ],
)
def test_the_worst_is_said_first(figures: dict[str, int | None], mood: str, text: str) -> None:
    """Failed before missing before complete; null is not known and never counted."""
    shown = badge(trust(figures), reader())
    assert (shown.mood, shown.text) == (mood, text)


def test_a_running_day_is_said() -> None:
    """It is loaded, and will change."""
    shown = badge(trust({"loaded": 6, "partial": 1}, date(2026, 11, 23)), reader())
    assert shown.text == "7 days, today still running"
    assert shown.more == ("fresh until 14:45", "7 of 7 compared with Odoo")
    assert "still running when read: 1" in shown.tip
    assert shown.href == "/operational?start=2026-11-17&end=2026-11-23"


def test_a_difference_from_odoo_is_on_the_badge() -> None:
    """It is what the owner has to know."""
    assert "2 differ from Odoo" in badge(trust({"differing": 2, "reconciled": 5}), reader()).more


@pytest.mark.parametrize(
    ("figures", "named", "texts", "others"),
    [
        ({}, {}, [], ""),
        ({"loaded": 6, "missing": 1}, {"missing_days": november(20)}, ["20 Nov"], ""),
        # what failed comes first, and each day once; for the 20th there is no room
        ({"loaded": 4, "missing": 3, "failed": 1, "differing": 2},
         {"missing_days": november(16, 17, 22), "failed_days": november(22), "differing_days": november(18, 20)},
         ["22 Nov", "16–18 Nov"], "1 more"),
        ({"loaded": 5, "missing": 2}, {"missing_days": [date(2026, 11, 30), date(2026, 12, 1)]},
         ["30 Nov – 1 Dec"], ""),
        # more days than the answer names
        ({"loaded": 60, "missing": 40, "requested": 100}, {"missing_days": november(1)}, ["1 Nov"], "…"),
        # of all days, the badge itself leads to all
        ({"loaded": 0, "missing": 7}, {"missing_days": november(*range(16, 23))}, [], ""),
    ],
)  # fmt: skip
def test_days_in_question_have_a_link_each(
    figures: dict[str, int | None], named: dict[str, Any], texts: list[str], others: str
) -> None:
    """Days next to each other have one together; null is not known, and no day."""
    shown = badge(trust(figures, **named), reader())
    assert ([way.text for way in shown.doubtful], shown.others) == (texts, others)
    if "20 Nov" in texts:
        assert shown.doubtful[-1].href == "/operational?start=2026-11-20&end=2026-11-20"


async def test_the_badge_of_a_page(browser: httpx.AsyncClient, api: FakeQueryApi) -> None:
    """About its days and its data; without an answer it says that, and never that all is well."""
    htmx = {"hx-request": "true"}
    api.missing = {date(2026, 11, 20)}
    text = (await browser.get("/trust/sales?range=7d", headers=htmx)).text
    assert "6 dari 7 hari dimuat" in text
    assert '<a href="/operational?start=2026-11-20&amp;end=2026-11-20">20 Nov</a>' in text
    assert ("dataset", "invoice-sales") in api.asked[-1][1]
    api.error = ApiFailedError("x")
    assert "badge-good" not in (await browser.get("/trust/sales?range=7d", headers=htmx)).text
    assert (await browser.get("/trust/nowhere", headers=htmx)).status_code == 404
