"""Whether Odoo is away, as the change watch found it: it looks every few seconds, and nobody else does so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nk_common.errors import OdooCredentialsError, is_odoo_away

if TYPE_CHECKING:
    from nk_common.ledger.routines import RoutineRow


@dataclass(frozen=True)
class Outage:
    """Odoo did not answer from `since` to `tried_at`, and nothing says that it does by now. `error` is a sentence.
    `refused`: it does, and lets nobody in."""

    since: datetime
    tried_at: datetime
    error: str
    refused: bool = False


def outage_of(watch: RoutineRow | None, now: datetime) -> Outage | None:
    """None while Odoo answers, and while nobody can tell: no change watch, no extractor, another error."""
    if watch is None or watch.failing_since is None or watch.failed_at is None or not watch.fails(now):
        return None
    if not is_odoo_away(watch.error_class):
        return None
    refused = watch.error_class == OdooCredentialsError.__name__
    return Outage(watch.failing_since, watch.failed_at, watch.error or "", refused)


def may_last(watch: RoutineRow | None, now: datetime) -> bool:
    """Whether Odoo was away when it was last looked for, and whoever looked has not been heard of since: nobody knows
    that it is back."""
    if watch is None or watch.failing_since is None or not watch.rule:
        return False
    return is_odoo_away(watch.error_class) and not watch.fails(now)
