"""Which models are watched, and how a record of each is mapped to days. Nothing else lists them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from nk_common.datasets.invoices import BILL_TYPES, INVOICE_TYPES
from nk_extractor.extract.base import ODOO_TIME
from nk_extractor.extract.inventory_moves import MOVE_LINE
from nk_extractor.extract.inventory_moves import domain as moves_of
from nk_extractor.extract.invoices import MOVE
from nk_extractor.extract.invoices import domain as invoices_of
from nk_extractor.extract.pos import ORDER
from nk_extractor.extract.pos import domain as orders_of
from nk_extractor.extract.stock_quants import QUANT
from nk_extractor.extract.stock_quants import domain as stock
from nk_extractor.odoo.client import Domain, OdooClient, Row
from nk_extractor.settings import OdooSettings

DayDomain = Callable[[OdooClient, OdooSettings, date], Domain]


@dataclass(frozen=True)
class Held:
    """How a dataset's records are known in the lake: a star table, and its column with the model's ids."""

    dataset: str
    table: str
    column: str
    counted: DayDomain
    """The records of a day, as the extraction reads them."""
    accepts: Callable[[Row], bool] = lambda _row: True
    """Whether a record is this dataset's, where a model feeds several."""


@dataclass(frozen=True)
class Watched:
    """One model. `changes` are the records that matter, in any state and of any day.

    `day` is the field that decides a record's day (text of a date, or of a UTC datetime); None where every
    change is one of today. `fields` are read of each changed record, beside `write_date`.
    `settled`: values of `state` in which a record counts or once may have; others touch only the day on which
    the lake holds the record. None: every state.
    """

    model: str
    datasets: tuple[Held, ...]
    changes: Callable[[OdooClient, OdooSettings], Domain]
    day: str | None
    fields: tuple[str, ...] = ()
    settled: Collection[str] | None = None

    def day_of(self, row: Row, zone: ZoneInfo, today: date) -> date | None:
        """The record's day as it is now; None where it has none."""
        if self.day is None:
            return today
        if self.settled is not None and row["state"] not in self.settled:
            return None
        text = row[self.day]
        if not text:
            return None
        if len(text) == len("2026-01-10"):
            return date.fromisoformat(text)
        return datetime.strptime(text[:19], ODOO_TIME).replace(tzinfo=UTC).astimezone(zone).date()


def without(domain: Domain, *fields: str) -> Domain:
    """`domain` without its conditions on `fields`."""
    return [leaf for leaf in domain if leaf[0] not in fields]


def between(first: Domain, last: Domain, field: str) -> Domain:
    """From the domains of two days, that of all days from the one to the other."""
    start = [[field, ">=", leaf[2]] for leaf in first if leaf[0] == field and leaf[1] in (">=", "=")]
    until = {"<": "<", "=": "<="}
    end = [[field, until[leaf[1]], leaf[2]] for leaf in last if leaf[0] == field and leaf[1] in until]
    return [*without(first, field), *start, *end]


_ANY_DAY = date(2000, 1, 1)


def _of_types(types: Collection[str]) -> Callable[[Row], bool]:
    return lambda row: row["move_type"] in types


WATCHED: tuple[Watched, ...] = (
    Watched(
        ORDER,
        (Held("pos", "fact_sales", "order_id", lambda _client, settings, day: orders_of(day, settings)),),
        changes=lambda _client, settings: without(orders_of(_ANY_DAY, settings), "state", "date_order"),
        day="date_order",
        fields=("state",),
        settled=("paid", "done", "invoiced", "cancel"),
    ),
    Watched(
        MOVE,
        (
            Held(
                "invoice-sales",
                "fact_invoice_sales",
                "move_id",
                lambda client, _settings, day: invoices_of(client, day, INVOICE_TYPES),
                _of_types(INVOICE_TYPES),
            ),
            Held(
                "purchases",
                "fact_purchases",
                "move_id",
                lambda client, _settings, day: invoices_of(client, day, BILL_TYPES),
                _of_types(BILL_TYPES),
            ),
        ),
        changes=lambda client, _settings: without(
            invoices_of(client, _ANY_DAY, (*INVOICE_TYPES, *BILL_TYPES)), "state", "date"
        ),
        day="date",
        fields=("move_type", "state"),
        settled=("posted", "cancel"),
    ),
    Watched(
        MOVE_LINE,
        (
            Held(
                "inventory-moves",
                "fact_inventory_moves",
                "move_line_id",
                lambda _client, settings, day: moves_of(day, settings),
            ),
        ),
        changes=lambda _client, settings: without(moves_of(_ANY_DAY, settings), "state", "date"),
        day="date",
        fields=("state",),
        # Plans and reservations are written all day long, and what is done cannot be undone.
        settled=("done",),
    ),
    Watched(
        QUANT,
        (
            Held(
                "stock-quants",
                "fact_stock_on_hand_snapshot",
                "quant_id",
                lambda _client, settings, _day: stock(settings),
            ),
        ),
        # A quant that has come to nothing leaves the snapshot.
        changes=lambda _client, settings: without(stock(settings), "quantity"),
        day=None,
    ),
)
