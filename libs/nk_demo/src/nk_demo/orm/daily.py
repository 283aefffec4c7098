"""The registry of the day-planned models: one entry each, from the file of its area."""

from collections.abc import Mapping
from functools import cache

from nk_demo.orm.account_days import ACCOUNT_DAYS
from nk_demo.orm.day_model import DayModel
from nk_demo.orm.pos_days import POS_DAYS
from nk_demo.orm.stock_days import STOCK_DAYS


@cache
def day_models() -> Mapping[str, DayModel]:
    """Every day-planned model by name."""
    return {entry.name: entry for entry in (*POS_DAYS, *ACCOUNT_DAYS, *STOCK_DAYS)}
