"""What the RPC side knows of a model that is planned day by day."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nk_demo.world.world import LAST_PLANNED_WRITE, World

Getter = Callable[[Any], Any]


class Source(Protocol):
    """What an entry may ask of the call's view."""

    @property
    def world(self) -> World: ...
    @property
    def now(self) -> str: ...
    def record(self, model: str, record_id: int) -> Any: ...
    def label(self, model: str, record_id: int) -> str: ...


@dataclass(slots=True, frozen=True)
class DayModel:
    """One day-planned model. A row has an attribute `id`, and `id // stride` is its day's ordinal.

    `rows` gives a day's rows at `source.now`, by id; `index` the same by id, for a model that keeps it between calls.
    `times` are datetime fields that lie in the row's local day or at most so many days later; `dates` are date
    fields that are the row's day; `relations` name other day models whose row always lies on the same day.
    `last_write` is how many days after its own a row is written for the last time; `touched` adds the days that live
    actions changed since a moment. `ordered` are fields that rise with the days.
    """

    name: str
    stride: int
    rows: Callable[[Source, int], list[Any]]
    getters: Callable[[Source], Mapping[str, Getter]]
    label: Callable[[Source, int], str | None]
    index: Callable[[Source, int], dict[int, Any]] | None = None
    times: Mapping[str, int] = field(default_factory=dict)
    dates: frozenset[str] = frozenset()
    relations: Mapping[str, str] = field(default_factory=dict)
    last_write: int = LAST_PLANNED_WRITE
    touched: Callable[[World, str], set[int]] | None = None
    ordered: frozenset[str] = frozenset({"id"})
    count: Callable[[Source, int], int] | None = None
    own_labels: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
