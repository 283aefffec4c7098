"""Which totals `/demo/totals?dataset=` gives: one entry per dataset."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Protocol

from nk_demo.totals import invoices, pos, stock
from nk_demo.world.world import World


class DayJson(Protocol):
    """One local day's totals."""

    def as_json(self) -> dict[str, object]: ...


Totals = Callable[[World, date, date, str | None], Sequence[DayJson]]

# Datasets whose source has no time of day do not cut their days anywhere else for another zone.
DATASETS: Mapping[str, Totals] = {
    "pos": pos.totals,
    "invoice-sales": invoices.invoice_totals,
    "purchases": invoices.purchase_totals,
    "inventory-moves": stock.move_totals,
    "stock-quants": stock.stock_totals,
}
