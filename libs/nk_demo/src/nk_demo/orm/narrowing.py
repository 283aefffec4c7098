"""Which days can hold matching rows: what keeps a day's question from generating three years.

Only conditions that must all hold are used, and only to leave days out; every row of the remaining days is still
matched against the whole domain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from nk_demo.orm.daily import day_models
from nk_demo.orm.day_model import DayModel
from nk_demo.orm.domain import Leaf, Node, conjuncts
from nk_demo.orm.matching import timestamp
from nk_demo.world import calendar
from nk_demo.world.world import World

_WRITES = {"write_date", "create_date"}


@dataclass(slots=True)
class Days:
    """A range of days, perhaps narrowed to a set.

    `written` is the first day whose rows can have been written late enough by themselves; earlier days count only
    if a live action touched them. `strays` are days some of whose rows now lie in another time.
    """

    low: int
    high: int
    only: set[int] | None = None
    written: int | None = None
    touched: set[int] = field(default_factory=set)
    strays: set[int] = field(default_factory=set)

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
        if self.strays:
            kept = {day for day in self.strays if day in within and (self.only is None or day in self.only)}
            days = sorted({*days, *kept})
        if self.written is None:
            return list(days)
        return [day for day in days if day >= self.written or day in self.touched]


def candidate_days(node: Node, entry: DayModel, world: World, now: str) -> list[int]:
    """Days that can hold rows of a model matching the domain, ascending."""
    within = world.days(now)
    days = Days(within.start, within.stop - 1, strays=world.redated)
    for part in conjuncts(node):
        if isinstance(part, Leaf) and not part.negated:
            _apply(part, part.path, entry, days, world)
    return days.listed(within)


def _apply(leaf: Leaf, path: tuple[str, ...], entry: DayModel, days: Days, world: World) -> None:
    """Narrow `days` by one condition."""
    name = path[0]
    other = day_models().get(entry.relations.get(name, ""))
    if other is not None and len(path) > 1:
        _apply(leaf, path[1:], other, days, world)
    elif len(path) > 1:
        return
    elif name == "id" or other is not None:
        _by_id(leaf, (other or entry).stride, days)
    elif not isinstance(leaf.value, str):
        return
    elif name in entry.times:
        _by_time(leaf, entry.times[name], days, world)
    elif name in entry.dates:
        _by_date(leaf, days)
    elif name in _WRITES:
        _by_write(leaf, entry, days, world)


def _by_id(leaf: Leaf, stride: int, days: Days) -> None:
    value = leaf.value
    if leaf.operator == "in":
        if not all(value):
            # False among the ids stands for null, which says nothing about days.
            return
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


def _by_date(leaf: Leaf, days: Days) -> None:
    """A date field has no time zone: its text is the day."""
    day = calendar.ordinal_of(date.fromisoformat(timestamp(leaf.value, leaf.operator)[:10]))
    if leaf.operator in {"=", ">", ">="}:
        days.low = max(days.low, day + (leaf.operator == ">"))
    if leaf.operator in {"=", "<", "<="}:
        days.high = min(days.high, day - (leaf.operator == "<"))


def _by_write(leaf: Leaf, entry: DayModel, days: Days, world: World) -> None:
    """Rows are never written before their day, and rarely after its first nights."""
    day = _day(leaf, world)
    if leaf.operator in {"<", "<="}:
        days.high = min(days.high, day)
    elif leaf.operator in {"=", ">", ">="}:
        text = timestamp(leaf.value, leaf.operator)
        touched = entry.touched(world, text[:19]) if entry.touched else set()
        days.keep_written(day - entry.last_write, touched)
