"""Which days can hold matching rows: what keeps a day's question from generating three years.

Only conditions that must all hold are used, and only to leave days out; every row of the remaining days is still
matched against the whole domain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nk_demo.orm.domain import Leaf, Node, conjuncts
from nk_demo.orm.matching import timestamp
from nk_demo.world import calendar, planner
from nk_demo.world.world import LAST_PLANNED_WRITE, World

STRIDES = {
    "pos.order": planner.ORDER_STRIDE,
    "pos.order.line": planner.LINE_STRIDE,
    "pos.payment": planner.PAYMENT_STRIDE,
    "pos.session": planner.SESSION_STRIDE,
}
_RELATIONS = {
    ("pos.order.line", "order_id"): "pos.order",
    ("pos.payment", "pos_order_id"): "pos.order",
    ("pos.payment", "session_id"): "pos.session",
    ("pos.order", "session_id"): "pos.session",
    ("pos.order", "lines"): "pos.order.line",
    ("pos.order", "payment_ids"): "pos.payment",
}
# Times that lie in the row's own day, or at most a night later (a tab paid after midnight).
_TIMES = {"date_order": 0, "payment_date": 1, "start_at": 0}
_WRITES = {"write_date", "create_date"}


@dataclass(slots=True)
class Days:
    """A range of days, perhaps narrowed to a set.

    `written` is the first day whose rows can have been written late enough by themselves; earlier days count only
    if a live action touched them.
    """

    low: int
    high: int
    only: set[int] | None = None
    written: int | None = None
    touched: set[int] = field(default_factory=set)

    def keep(self, days: Iterable[int]) -> None:
        """Only these days."""
        wanted = set(days)
        self.only = wanted if self.only is None else self.only & wanted

    def keep_written(self, low: int, touched: set[int]) -> None:
        """Only days written since: from `low` on, and those touched by live actions."""
        self.written = low if self.written is None else max(low, self.written)
        # Two bounds: a day that both let through is in the union, and the rows are matched anyway.
        self.touched |= touched

    def listed(self, within: range) -> list[int]:
        """The days, ascending, inside the world."""
        if self.only is None:
            days: Iterable[int] = range(max(self.low, within.start), min(self.high, within.stop - 1) + 1)
        else:
            days = sorted(day for day in self.only if day in within and self.low <= day <= self.high)
        if self.written is None:
            return list(days)
        return [day for day in days if day >= self.written or day in self.touched]


def candidate_days(node: Node, model: str, world: World, now: str) -> list[int]:
    """Days that can hold rows of `model` matching the domain, ascending."""
    within = world.days(now)
    days = Days(within.start, within.stop - 1)
    for part in conjuncts(node):
        if isinstance(part, Leaf) and not part.negated:
            _apply(part, part.path, model, days, world)
    return days.listed(within)


def _apply(leaf: Leaf, path: tuple[str, ...], model: str, days: Days, world: World) -> None:
    """Narrow `days` by one condition."""
    name = path[0]
    other = _RELATIONS.get((model, name))
    if other is not None and len(path) > 1:
        _apply(leaf, path[1:], other, days, world)
    elif len(path) > 1:
        return
    elif name == "id" or other is not None:
        _by_id(leaf, STRIDES[other or model], days)
    elif name in _TIMES and isinstance(leaf.value, str):
        _by_time(leaf, _TIMES[name], days, world)
    elif name in _WRITES and isinstance(leaf.value, str):
        _by_write(leaf, days, world)


def _by_id(leaf: Leaf, stride: int, days: Days) -> None:
    value = leaf.value
    if leaf.operator == "in":
        days.keep(one // stride for one in value if isinstance(one, int))
    elif not isinstance(value, int) or isinstance(value, bool):
        return
    elif leaf.operator == "=":
        days.keep([value // stride])
    elif leaf.operator in {">", ">="}:
        days.low = max(days.low, value // stride)
    elif leaf.operator in {"<", "<="}:
        days.high = min(days.high, value // stride)


def _day(leaf: Leaf, world: World) -> int:
    text = timestamp(leaf.value, leaf.operator)
    if leaf.operator == "<":
        # Up to midnight, exclusive, is the day before.
        text = f"{datetime.fromisoformat(text[:19]) - timedelta(seconds=0 if len(text) > 19 else 1)}"
    return calendar.days_of_text(text, world.tz)


def _by_time(leaf: Leaf, late: int, days: Days, world: World) -> None:
    if leaf.operator not in {"=", ">", ">=", "<", "<="}:
        return
    day = _day(leaf, world)
    if leaf.operator in {"=", ">", ">="}:
        days.low = max(days.low, day - late)
    if leaf.operator in {"=", "<", "<="}:
        days.high = min(days.high, day)


def _by_write(leaf: Leaf, days: Days, world: World) -> None:
    """Rows are never written before their day, and rarely after its first nights."""
    day = _day(leaf, world)
    if leaf.operator in {"<", "<="}:
        days.high = min(days.high, day)
    elif leaf.operator in {"=", ">", ">="}:
        text = timestamp(leaf.value, leaf.operator)
        days.keep_written(day - LAST_PLANNED_WRITE, world.touched_since(text[:19]))
