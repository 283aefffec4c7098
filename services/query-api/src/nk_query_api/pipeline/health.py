"""Whether every dataset is read as it should be: the ledger's rows of the window, judged now."""

from __future__ import annotations

from nk_common.api.health import PipelineHealth
from nk_common.clock import Clock
from nk_common.health import reading
from nk_common.settings import HealthSettings
from nk_query_api.pipeline.ledger import Ledger


def read_health(ledger: Ledger, clock: Clock, settings: HealthSettings) -> PipelineHealth:
    """Blocking. Raises LedgerUnavailableError: without the ledger nobody knows, and nothing is called healthy."""
    return ledger.ask(lambda reader: reading.read_health(reader, clock.now(), settings))
