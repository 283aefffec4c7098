"""What every answer about sales needs to know besides the question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nk_common.api.common import Meta
from nk_common.datasets.pos import POS
from nk_query_api.sales.windows import Coverage, Window, completeness, coverage, fresh_until
from nk_query_api.serving.snapshot import Snapshot


@dataclass(frozen=True)
class Context:
    """`now` is local wall-clock time in the business zone, without an offset."""

    now: datetime
    zone: ZoneInfo
    currency: str

    @property
    def today(self) -> date:
        return self.now.date()


def covered_days(look: Snapshot, window: Window, context: Context) -> Coverage:
    """What of the window is loaded."""
    return coverage(look.loaded(POS.name, window.start, window.end), context.zone)


def meta(look: Snapshot, window: Window, context: Context) -> Meta:
    """Where the figures of the window come from."""
    loaded = look.loaded(POS.name, window.start, window.end)
    covered = coverage(loaded, context.zone)
    return Meta(
        data_version=look.data_version(),
        fresh_until=fresh_until(loaded, covered),
        days=completeness(window, covered, context.today),
        timezone=context.zone.key,
        currency=context.currency,
    )
