"""What every answer needs to know besides the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from nk_common.api.common import Compare, Meta
from nk_common.datasets.invoice_sales import INVOICE_SALES
from nk_common.datasets.pos import POS
from nk_common.datasets.profit import PROFIT
from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.windows import Comparison, Window, comparison, completeness, fresh_until
from nk_query_api.serving.holdings import Coverage
from nk_query_api.serving.snapshot import Snapshot

_SOURCES: dict[str, tuple[str, ...]] = {
    "pos": (POS.name,),
    "invoice": (INVOICE_SALES.name,),
    "all": (POS.name, INVOICE_SALES.name),
}


@dataclass(frozen=True)
class Context:
    """`now` is local wall-clock time in the business zone, without an offset. `failed` are the days, by dataset, of
    which the newest attempt at loading failed; `failures` names that very set of them."""

    now: datetime
    zone: ZoneInfo
    currency: str
    failed: Mapping[str, frozenset[date]] = field(default_factory=dict)
    failures: str = ""

    @property
    def today(self) -> date:
        return self.now.date()


def inputs_of(kpis: Sequence[Kpi], filters: Filters) -> tuple[str, ...]:
    """Datasets of which a day must be loaded for these figures of sales to be whole."""
    asked = {dataset for kpi in kpis for dataset in kpi.inputs}
    sources = _SOURCES[filters.source]
    # Only the till knows a store, a cashier, a way to pay or a time of day.
    if _is_only_of_the_till(filters):
        sources = tuple(name for name in sources if name == POS.name) or sources
    wanted = asked - {POS.name, INVOICE_SALES.name} | set(sources)
    return tuple(name for name in (POS.name, INVOICE_SALES.name, PROFIT.name) if name in wanted) + tuple(
        sorted(wanted - {POS.name, INVOICE_SALES.name, PROFIT.name})
    )


def _is_only_of_the_till(filters: Filters) -> bool:
    """What has no store, or no cashier, may be an invoice."""
    known = any(ids and UNKNOWN_ID not in ids for ids in (filters.stores, filters.cashiers))
    return known or bool(filters.payment_methods or filters.hours)


def covered_days(look: Snapshot, inputs: tuple[str, ...], context: Context) -> Coverage:
    """Days that are loaded."""
    return look.holdings().coverage(inputs, context.zone)


def compared(
    look: Snapshot, window: Window, compare: Compare, inputs: tuple[str, ...], context: Context
) -> Comparison | None:
    """What figures of the window, made of the inputs, are compared with."""
    read_until = covered_days(look, inputs, context).read_until.get(context.today)
    found = comparison(window, compare, context.now, read_until)
    return found and replace(found, days_missing=missing_days(look, found.window, inputs, context))


def missing_days(look: Snapshot, window: Window, inputs: tuple[str, ...], context: Context) -> int:
    """How many days of the window should be loaded and are not."""
    covered = covered_days(look, inputs, context)
    due = min(window.end, context.today)
    return max(0, (due - window.start).days + 1) - len(covered.between(window.start, due))


def is_any_loaded(window: Window, covered: Coverage) -> bool:
    return bool(covered.between(window.start, window.end))


def meta(look: Snapshot, window: Window, inputs: tuple[str, ...], context: Context) -> Meta:
    """Where the figures of the window come from."""
    covered = covered_days(look, inputs, context)
    failed = frozenset().union(*(context.failed.get(name, frozenset()) for name in inputs))
    return Meta(
        data_version=look.data_version(),
        fresh_until=fresh_until(window, covered),
        days=completeness(window, covered, failed, context.today),
        inputs=list(inputs),
        timezone=context.zone.key,
        currency=context.currency,
    )
