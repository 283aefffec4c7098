"""What a day consists of. Money is in integer cents, times are UTC text as PostgreSQL keeps them.

Text with microseconds ("2026-01-15 03:04:05.678901") sorts and compares like the timestamps themselves, also
against the 19 characters a client sends, which is what makes Odoo's `write_date` never equal what it reads as.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

COUNTED_STATES = ("paid", "done", "invoiced")
GONE = "gone"
"""State of an order that was deleted: nobody sees it any more. No state of Odoo's."""


def as_text(moment: datetime) -> str:
    """An aware datetime as UTC text with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@dataclass(slots=True, frozen=True)
class Product:
    """A variant as the baskets see it; price in cents, tax as the id of account.tax."""

    id: int
    display_name: str
    full_name: str
    price: int
    cost: int
    tax_id: int


@dataclass(slots=True)
class Line:
    """One pos.order.line."""

    id: int
    order_id: int
    product: Product
    qty: int
    price: int
    discount: int
    incl: int
    untaxed: int
    extra: int
    refunded_line: int | None
    created: str
    written: str


@dataclass(slots=True)
class Payment:
    """One pos.payment; a change row is negative."""

    id: int
    order_id: int
    method_id: int
    amount: int
    is_change: bool
    paid: str
    created: str
    written: str


@dataclass(slots=True)
class Step:
    """A later change of an order: from `at` on, these attributes hold."""

    at: str
    changes: dict[str, Any]
    writes: bool = True


@dataclass(slots=True)
class Order:
    """One pos.order as first written, and the steps that change it afterwards."""

    id: int
    day: int
    store: int
    seq: int
    number: str
    name: str
    state: str
    ordered: str
    created: str
    written: str
    employee_id: int
    partner_id: int | None
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    invoiced: bool = False
    refunded_orders: tuple[int, ...] = ()
    refunded_name: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def total(self) -> int:
        """Amount with tax, cents: the sum of the lines, before any extra discount."""
        return sum(line.incl for line in self.lines)

    @property
    def untaxed(self) -> int:
        """Amount without tax, cents."""
        return sum(line.untaxed for line in self.lines)

    @property
    def given_back(self) -> int:
        """Change handed back, cents, positive."""
        return -sum(payment.amount for payment in self.payments if payment.is_change)

    @property
    def paid(self) -> int:
        """What was paid, less change, cents."""
        return sum(payment.amount for payment in self.payments)

    @property
    def counted(self) -> bool:
        """Whether the business counts this order."""
        return self.state in COUNTED_STATES

    def final_name(self) -> str:
        """The name an order carries once it is paid."""
        return f"{self.refunded_name} REFUND" if self.refunded_name else self.number

    def at(self, now: str) -> "Order":
        """This order as it stands at `now`."""
        current = self
        for step in self.steps:
            if step.at > now:
                break
            written = step.at if step.writes else current.written
            current = current.changed(written, step.changes)
        return current

    def changed(self, written: str, changes: dict[str, Any]) -> "Order":
        """A copy with some attributes set. `dataclasses.replace` takes four times as long, and a day has hundreds."""
        copy = Order(
            self.id, self.day, self.store, self.seq, self.number, self.name, self.state, self.ordered,
            self.created, written, self.employee_id, self.partner_id, self.lines, self.payments,
            self.invoiced, self.refunded_orders, self.refunded_name, self.steps,
        )  # fmt: skip
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy
