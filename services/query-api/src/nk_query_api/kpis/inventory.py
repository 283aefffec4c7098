"""KPIs of inventory: of stock as it lay on a day, and of how it changed over a range."""

from __future__ import annotations

from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.flow import FLOW_KPIS
from nk_query_api.kpis.stock import STOCK_KPIS

INVENTORY_KPIS: tuple[Kpi, ...] = (*STOCK_KPIS, *FLOW_KPIS)
