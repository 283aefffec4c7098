"""Which days are held, and of which moment: what completeness and freshness of every answer come from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

_A_DAY = timedelta(days=1)
_VERSIONS_KEPT = 8
T = TypeVar("T")

Loaded = Mapping[date, datetime]
"""Days, and the moment (aware) at which Odoo was read."""


class Coverage:
    """Days that are loaded, when each of them was read (UTC, and in local time without an offset).

    `complete` are those that were read after they were over, `running` the others.
    """

    def __init__(self, loaded: Loaded, zone: ZoneInfo) -> None:
        self.as_of = loaded
        self._days = sorted(loaded)
        self._moments = [loaded[day] for day in self._days]
        self.read_until = {day: at.astimezone(zone).replace(tzinfo=None) for day, at in loaded.items()}
        self.complete = frozenset(
            day for day, at in self.read_until.items() if at >= datetime.combine(day + _A_DAY, time())
        )
        self.running = frozenset(loaded) - self.complete

    def has(self, day: date) -> bool:
        return day in self.read_until

    def is_complete(self, day: date) -> bool:
        """Loaded, and read after the day was over."""
        return day in self.complete

    def between(self, first: date, last: date) -> list[date]:
        """Days from `first` to `last` that are loaded, in order."""
        return self._days[self._span(first, last)]

    def missing(self, first: date, last: date) -> list[date]:
        """Days from `first` to `last` that are not loaded."""
        known = set(self.between(first, last))
        length = (last - first).days + 1
        if len(known) == max(0, length):
            return []
        days = (first + timedelta(days=n) for n in range(length))
        return [day for day in days if day not in known]

    def newest(self, first: date, last: date) -> datetime | None:
        """The latest moment at which a day from `first` to `last` was read."""
        return max(self._moments[self._span(first, last)], default=None)

    def _span(self, first: date, last: date) -> slice:
        return slice(bisect_left(self._days, first), bisect_right(self._days, last))


class Memory:
    """What was made of some part of the content, each for as long as that part stays the same. May be used by several
    threads."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[Hashable, Any]] = {}

    def of(self, name: str, stamp: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for that `stamp`: the versions of what it is made of."""
        known, made = self._made.get(name, (None, None))
        if made is None or known != stamp:
            made = make()
            self._made[name] = (stamp, made)
        return cast(T, made)


class Holdings:
    """What one data version holds. Never changes. `dimensions` names the versions of what is loaded whole; `memory`
    outlives it."""

    def __init__(self, loaded: Mapping[str, Loaded], dimensions: str = "") -> None:
        self._loaded = loaded
        self.dimensions = dimensions
        self._coverages: dict[tuple[tuple[str, ...], str], Coverage] = {}
        self._made: dict[str, Any] = {}
        self.memory = Memory()

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` reads of this data version, read when it is first asked for. Nobody may change it."""
        if name not in self._made:
            self._made[name] = make()
        return cast(T, self._made[name])

    def coverage(self, datasets: tuple[str, ...], zone: ZoneInfo) -> Coverage:
        """Days of which all of `datasets` are loaded, each as old as the oldest of them."""
        key = (datasets, zone.key)
        if key not in self._coverages:
            self._coverages[key] = self._cover(datasets, zone)
        return self._coverages[key]

    def _cover(self, datasets: tuple[str, ...], zone: ZoneInfo) -> Coverage:
        loaded = [self._loaded.get(dataset, {}) for dataset in datasets]
        days = set(loaded[0]).intersection(*loaded[1:]) if loaded else set()
        return Coverage({day: min(one[day] for one in loaded) for day in sorted(days)}, zone)


class KnownHoldings:
    """Holdings of the newest data versions, made once each, and what was made of their dimensions. May be used by
    several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Holdings] = OrderedDict()
        self._memory = Memory()

    def of(self, version: str, read: Callable[[], Holdings]) -> Holdings:
        """Those of `version`; `read` tells them where they are not known yet."""
        found = self._known.get(version)
        if found is None:
            found = read()
            found.memory = self._memory
            self._known[version] = found
            while len(self._known) > _VERSIONS_KEPT:
                self._known.popitem(last=False)
        return found

    def remembered(self, name: str, dimensions: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once for those versions of the dimensions."""
        return self._memory.of(name, dimensions, make)
