"""Whether Odoo is away, as the change watch found it: it looks every few seconds, and nobody else does so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nk_common.errors import OdooUnavailableError

if TYPE_CHECKING:
    from nk_common.ledger.routines import RoutineRow


@dataclass(frozen=True)
class Outage:
    """Odoo did not answer from `since` to `tried_at`, and nothing says that it does by now. `error` is a sentence."""

    since: datetime
    tried_at: datetime
    error: str


def outage_of(watch: RoutineRow | None, now: datetime) -> Outage | None:
    """None while Odoo answers, and while nobody can tell: no change watch, no extractor, another error."""
    if watch is None or watch.failing_since is None or watch.failed_at is None or not watch.fails(now):
        return None
    if watch.error_class != OdooUnavailableError.__name__:
        return None
    return Outage(watch.failing_since, watch.failed_at, watch.error or "")
