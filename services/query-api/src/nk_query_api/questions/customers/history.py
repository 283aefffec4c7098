"""How far back purchases are known: 'new' means new to what is loaded."""

from __future__ import annotations

from nk_common.api.customers import History
from nk_query_api.questions.windows import Window
from nk_query_api.serving.holdings import Coverage


def history(window: Window, covered: Coverage) -> History:
    """What is loaded of the days before the window. Without any, or with gaps, a first purchase may be none."""
    before = sorted(day for day in covered.read_until if day < window.start)
    since = min(covered.read_until, default=None)
    missing = (window.start - before[0]).days - len(before) if before else 0
    return History(since=since, days_missing=missing, new_is_uncertain=not before or missing > 0)
