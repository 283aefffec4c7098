"""When the extractor does what, as people set it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from nk_common.schedule.cron import checked
from nk_common.settings import CommonSettings

Cron = Annotated[str, AfterValidator(checked)]


def _cron(default: str, what: str) -> str:
    found: str = Field(default=default, max_length=100, description=f"{what}; empty: never.")
    return found


class ReconcileSchedule(CommonSettings):
    """When the lake is compared with Odoo, for those who wait for it."""

    schedule_reconcile: Cron = _cron("30 2 * * *", "When the lake is compared with Odoo")


class ScheduleSettings(ReconcileSchedule):
    """Cron expressions of five fields, read by the clock of `NK_TIMEZONE`."""

    schedule_pos: Cron = _cron("0 2 * * *", "When till sales of yesterday are read")
    schedule_invoice_sales: Cron = _cron("5 2 * * *", "When invoice sales of yesterday are read")
    schedule_purchases: Cron = _cron("10 2 * * *", "When vendor bills of yesterday are read")
    schedule_inventory_moves: Cron = _cron("15 2 * * *", "When stock moves of yesterday are read")
    schedule_stock_quants: Cron = _cron("0 7 * * *", "When a snapshot of the stock is taken")
    schedule_dimensions: Cron = _cron("0 */4 * * *", "When products, partners and the like are read again")
    schedule_health: Cron = _cron("0 */6 * * *", "When what is late or failing is written into the log")
    reconcile_days: int = Field(
        default=35, ge=1, le=3660, description="Days that a comparison by the schedule goes back."
    )
