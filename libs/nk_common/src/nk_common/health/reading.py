"""The health of every dataset, as the ledger knows it now."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nk_common.api.health import PipelineHealth
from nk_common.health.facts import Window
from nk_common.health.judgement import judge
from nk_common.health.limits import limits_of
from nk_common.health.outage import outage_of
from nk_common.settings import HealthSettings

if TYPE_CHECKING:
    from nk_common.ledger.reader import LedgerReader


def read_health(reader: LedgerReader, now: datetime, settings: HealthSettings) -> PipelineHealth:
    """Over the days that are kept loaded. Blocking; raises what SQLAlchemy raises."""
    running = now.astimezone(settings.zone).date()
    window = Window(running - timedelta(days=settings.initial_days - 1), now, settings.zone)
    paused = {row.dataset: row.since for row in reader.paused()}
    rows = reader.readings(window.start, running)
    away = outage_of(reader.watch(), now)
    return judge(rows, window, functools.partial(limits_of, settings), paused, away=away)
