"""Where the shop of a test on the real clock lies: where it is two in the afternoon while the tests begin.

Whatever the hour at which somebody runs the tests, the shop has then sold something today, and its day does not end
under them: half past four in Greenwich is half past eleven at night in Jakarta.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from nk_demo.settings import DemoSettings

HOUR = 14


@cache
def shop_zone() -> ZoneInfo:
    """The same one all the while that the tests run."""
    east = HOUR - datetime.now(UTC).hour
    # The names of these zones count the hours west of Greenwich.
    return ZoneInfo(f"Etc/GMT{-east:+d}")


def shop_today() -> date:
    return datetime.now(shop_zone()).date()


def last_days(count: int) -> tuple[date, date]:
    """The `count` days that end yesterday."""
    today = shop_today()
    return today - timedelta(days=count), today - timedelta(days=1)


def shop_settings(**knobs: float) -> DemoSettings:
    """A demo shop there, on a free port."""
    return DemoSettings.model_validate({"port": 0, "tz": shop_zone().key, **knobs})
