"""Whether every dataset is read as it should be: the ledger's rows of the window, judged now."""

from __future__ import annotations

import functools
from datetime import timedelta

from nk_common.api.health import PipelineHealth
from nk_common.clock import Clock, today
from nk_common.health.facts import Window
from nk_common.health.judgement import judge
from nk_common.health.limits import limits_of
from nk_common.settings import HealthSettings
from nk_query_api.pipeline.ledger import Ledger


def read_health(ledger: Ledger, clock: Clock, settings: HealthSettings) -> PipelineHealth:
    """Blocking. Raises LedgerUnavailableError: without the ledger nobody knows, and nothing is called healthy."""
    now, running = clock.now(), today(clock, settings.zone)
    window = Window(running - timedelta(days=settings.initial_days - 1), now, settings.zone)
    rows = ledger.ask(lambda reader: reader.readings(window.start, running))
    paused = ledger.ask(lambda reader: {row.dataset: row.since for row in reader.paused()})
    return judge(rows, window, functools.partial(limits_of, settings), paused)
