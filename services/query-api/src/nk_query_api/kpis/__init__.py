"""The registry of KPIs: answers, descriptions and documentation all come from it."""

from __future__ import annotations

import hashlib

from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.breakdowns import BREAKDOWNS
from nk_query_api.kpis.sales import (
    AVERAGE_TRANSACTION_VALUE,
    DISCOUNT_AMOUNT,
    DISCOUNT_SHARE,
    IDENTIFIED_SHARE,
    ITEMS_PER_TRANSACTION,
    ITEMS_SOLD,
    REFUNDS_AMOUNT,
    REFUNDS_COUNT,
    REFUNDS_SHARE,
    REVENUE,
    REVENUE_UNTAXED,
    TRANSACTIONS,
)

SALES_KPIS: tuple[Kpi, ...] = (
    REVENUE,
    TRANSACTIONS,
    ITEMS_SOLD,
    AVERAGE_TRANSACTION_VALUE,
    ITEMS_PER_TRANSACTION,
    REFUNDS_AMOUNT,
    REFUNDS_COUNT,
    REFUNDS_SHARE,
    DISCOUNT_AMOUNT,
    DISCOUNT_SHARE,
    REVENUE_UNTAXED,
    IDENTIFIED_SHARE,
)


def sales_kpi(slug: str) -> Kpi:
    """The KPI called `slug`. Raises BadQuestionError."""
    for kpi in SALES_KPIS:
        if kpi.slug == slug:
            return kpi
    known = ", ".join(kpi.slug for kpi in SALES_KPIS)
    raise BadQuestionError(f"There is no KPI {slug!r}. Known KPIs: {known}.")


def definitions_fingerprint() -> str:
    """Changes when any definition changes, so that no answer of an earlier release is taken for a current one."""
    return hashlib.blake2b(repr((SALES_KPIS, BREAKDOWNS)).encode(), digest_size=6).hexdigest()
