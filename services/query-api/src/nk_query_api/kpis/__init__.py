"""The registry of KPIs: endpoints, answers, descriptions, exports and documentation all come from it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.customers import CUSTOMER_KPIS
from nk_query_api.kpis.dimensions import DIMENSIONS
from nk_query_api.kpis.inventory import INVENTORY_KPIS
from nk_query_api.kpis.profit import PROFIT_KPIS
from nk_query_api.kpis.sales import SALES_KPIS
from nk_query_api.kpis.trust import TRUST_KPIS

SUBJECTS: dict[str, tuple[Kpi, ...]] = {
    "sales": SALES_KPIS,
    "profit": PROFIT_KPIS,
    "inventory": INVENTORY_KPIS,
    "customers": CUSTOMER_KPIS,
    "trust": TRUST_KPIS,
}
"""KPIs by the subject that the API and the pages show them under."""
KPIS: tuple[Kpi, ...] = tuple(kpi for kpis in SUBJECTS.values() for kpi in kpis)
OVER_SALES: tuple[Kpi, ...] = tuple(kpi for kpi in KPIS if kpi.relation == "sales")
"""KPIs that can be split, and shown over time."""


def kpi_called(slug: str, among: Sequence[Kpi] = OVER_SALES) -> Kpi:
    """The KPI called `slug`. Raises BadQuestionError."""
    for kpi in among:
        if kpi.slug == slug:
            return kpi
    known = ", ".join(kpi.slug for kpi in among)
    raise BadQuestionError(f"There is no KPI {slug!r}. Known KPIs: {known}.")


@functools.cache
def definitions_fingerprint() -> str:
    """Changes when any definition changes, so that no answer of an earlier release is taken for a current one."""
    return hashlib.blake2b(repr((KPIS, DIMENSIONS)).encode(), digest_size=6).hexdigest()
