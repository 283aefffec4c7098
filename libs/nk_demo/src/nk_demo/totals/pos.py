"""What the tills really sold, from the world's own orders. Money is summed in integer cents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from nk_demo.world import calendar
from nk_demo.world.records import Order
from nk_demo.world.world import World


@dataclass
class Measures:
    """Orders, lines, units and money of one day, one store or one cashier. Money is in cents.

    `orders` counts every paid, done or invoiced order; `refund_orders` are those of them with nothing but
    returned lines, `exchange_orders` those with returned and sold lines.
    """

    orders: int = 0
    refund_orders: int = 0
    exchange_orders: int = 0
    lines: int = 0
    quantity: int = 0
    revenue_cents: int = 0
    untaxed_cents: int = 0
    extra_discount_cents: int = 0

    @property
    def revenue(self) -> Decimal:
        """With tax, less the extra discount."""
        return _money(self.revenue_cents)

    @property
    def revenue_untaxed(self) -> Decimal:
        """Without tax; the extra discount is not in it."""
        return _money(self.untaxed_cents)

    @property
    def extra_discount(self) -> Decimal:
        """What `revenue` is less than the lines' amounts with tax."""
        return _money(self.extra_discount_cents)

    def add(self, order: Order) -> None:
        """Count an order."""
        returned = sum(1 for line in order.lines if line.qty < 0)
        extra = sum(line.extra for line in order.lines)
        self.orders += 1
        self.refund_orders += returned == len(order.lines)
        self.exchange_orders += 0 < returned < len(order.lines)
        self.lines += len(order.lines)
        self.quantity += sum(line.qty for line in order.lines)
        self.revenue_cents += sum(line.incl for line in order.lines) - extra
        self.untaxed_cents += sum(line.untaxed for line in order.lines)
        self.extra_discount_cents += extra

    def as_json(self) -> dict[str, int | str]:
        """Money as text, so that nothing rounds it."""
        return {
            "orders": self.orders,
            "refund_orders": self.refund_orders,
            "exchange_orders": self.exchange_orders,
            "lines": self.lines,
            "quantity": self.quantity,
            "revenue": str(self.revenue),
            "revenue_untaxed": str(self.revenue_untaxed),
            "extra_discount": str(self.extra_discount),
        }


@dataclass
class PaymentMeasures:
    """Payment rows of one method; change is a row of its own, and negative."""

    rows: int = 0
    amount_cents: int = 0

    @property
    def amount(self) -> Decimal:
        """What came in, less change and refunds."""
        return _money(self.amount_cents)


@dataclass
class DayTotals:
    """One local day. Payments are those of the day's orders, whenever they were paid."""

    day: date
    all: Measures = field(default_factory=Measures)
    stores: dict[int, Measures] = field(default_factory=dict)
    cashiers: dict[int, Measures] = field(default_factory=dict)
    payments: dict[int, PaymentMeasures] = field(default_factory=dict)

    def add(self, order: Order, config_id: int) -> None:
        """Count an order, in total, for its store (pos.config id) and its cashier (hr.employee id)."""
        self.all.add(order)
        self.stores.setdefault(config_id, Measures()).add(order)
        self.cashiers.setdefault(order.employee_id, Measures()).add(order)
        for row in order.payments:
            payment = self.payments.setdefault(row.method_id, PaymentMeasures())
            payment.rows += 1
            payment.amount_cents += row.amount

    def as_json(self) -> dict[str, object]:
        """For /demo/totals."""
        return {
            "day": self.day.isoformat(),
            **self.all.as_json(),
            "stores": {str(key): one.as_json() for key, one in sorted(self.stores.items())},
            "cashiers": {str(key): one.as_json() for key, one in sorted(self.cashiers.items())},
            "payments": {
                str(key): {"rows": one.rows, "amount": str(one.amount)}
                for key, one in sorted(self.payments.items())
            },
        }


def totals(world: World, start: date, end: date, tz: str | None = None) -> list[DayTotals]:
    """Totals of every local day from `start` to `end`, both included, as the world stands now.

    `tz` is the zone whose days are meant (the stores' own without it). Days without an order have zeros.
    """
    zone = ZoneInfo(tz) if tz else world.tz
    days = {ordinal: DayTotals(date.fromordinal(ordinal)) for ordinal in _range(start, end)}
    stores = world.shop.people.stores
    for order in _orders(world, start, end):
        local = datetime.fromisoformat(order.ordered).replace(tzinfo=UTC).astimezone(zone).date()
        found = days.get(local.toordinal())
        if found is not None and order.counted:
            found.add(order, stores[order.store].config_id)
    return list(days.values())


def day_totals(world: World, day: date, tz: str | None = None) -> DayTotals:
    """Totals of one local day."""
    return totals(world, day, day, tz)[0]


def _range(start: date, end: date) -> range:
    return range(start.toordinal(), end.toordinal() + 1)


def _orders(world: World, start: date, end: date) -> Iterator[Order]:
    """Orders of the days asked for and of a day on either side, since another zone's day reaches into them;
    and of days whose orders were re-dated."""
    now = world.now()
    within = world.days(now)
    around = range(calendar.ordinal_of(start) - 2, calendar.ordinal_of(end) + 3)
    for ordinal in sorted({*around, *world.redated}):
        if ordinal in within:
            yield from world.snapshot(ordinal, now).orders


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
