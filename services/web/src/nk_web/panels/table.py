"""Tables: the figures behind a chart, and lists that the server sorts, searches and turns the pages of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nk_web.i18n import Said
from nk_web.state import PageState, TableState

Mood = Literal["", "good", "warn", "bad", "faint"]
PAGE_SIZE = 12


@dataclass(frozen=True)
class Cell:
    """`href` is a page to go to; `sub` stands small under the text; `bar` (0 to 1) is drawn behind it. `sets` is the
    choice of another panel that `href` sets, as `class=A`."""

    text: str
    href: str = ""
    sub: str = ""
    mood: Mood = ""
    bar: float | None = None
    sets: str = ""


@dataclass(frozen=True)
class Column:
    title: str
    numeric: bool = False


@dataclass(frozen=True)
class Table:
    """The first cell of a row names it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class ListColumn:
    """A column of a server-side table. `sort` is what the API sorts it by; empty, and it cannot be sorted."""

    title: Said
    sort: str = ""
    numeric: bool = True
    narrow: bool = True
    """Whether there is room for it on a phone."""
    first: Literal["asc", "desc"] = "desc"
    """The order that a first press asks for."""


@dataclass(frozen=True)
class ListSpec:
    """How a list begins, and which columns it has. What the address says of it is checked against this."""

    columns: tuple[ListColumn, ...]
    sort: str
    order: Literal["asc", "desc"] = "desc"
    size: int = PAGE_SIZE
    searchable: bool = True

    def now(self, table: TableState) -> TableState:
        """The state with everything filled in."""
        sorts = {column.sort for column in self.columns if column.sort}
        if table.sort not in sorts:
            return replace(table, sort=self.sort, order=self.order)
        return replace(table, order=table.order or self._first_order(table.sort))

    def asked(self, table: TableState) -> dict[str, str]:
        """The parameters of the API for this page of the list; `limit` and `offset` among them."""
        now = self.now(table)
        search = {"search": now.search} if now.search and self.searchable else {}
        page = {"limit": str(self.size), "offset": str((now.page - 1) * self.size)}
        return {"sort": now.sort, "order": now.order, **search, **page}

    def _first_order(self, sort: str) -> str:
        return next(column.first for column in self.columns if column.sort == sort)


@dataclass(frozen=True)
class Head:
    """A column's head; `state` is the page's once it is pressed, None where the column cannot be sorted."""

    title: Said
    numeric: bool
    narrow: bool
    direction: Literal["ascending", "descending", ""]
    state: PageState | None


@dataclass(frozen=True)
class Listing:
    """One page of a list."""

    name: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: int
    first: int
    size: int
    search: str
    searchable: bool
    unsearched: PageState
    """Where the search box starts from: the first page, nothing searched for."""
    previous: PageState | None
    next: PageState | None

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def listing(
    spec: ListSpec, name: str, state: PageState, rows: Sequence[tuple[Cell, ...]], total: int
) -> Listing:
    now = spec.now(state.table(name))
    offset = (now.page - 1) * spec.size

    def turned(page: int) -> PageState:
        return state.with_table(name, replace(state.table(name), page=page))

    return Listing(
        name=name,
        heads=tuple(_head(spec, column, name, state, now) for column in spec.columns),
        rows=tuple(rows),
        total=total,
        first=offset + 1 if rows else 0,
        size=spec.size,
        search=now.search,
        searchable=spec.searchable,
        unsearched=state.with_table(name, replace(state.table(name), search="", page=1)),
        previous=turned(now.page - 1) if now.page > 1 else None,
        next=turned(now.page + 1) if offset + len(rows) < total else None,
    )


def _head(spec: ListSpec, column: ListColumn, name: str, state: PageState, now: TableState) -> Head:
    if not column.sort:
        return Head(column.title, column.numeric, column.narrow, "", None)
    sorted_by = column.sort == now.sort
    order = ("asc" if now.order == "desc" else "desc") if sorted_by else column.first
    pressed = TableState(column.sort, order, now.search)
    direction: Literal["ascending", "descending"] = "ascending" if now.order == "asc" else "descending"
    return Head(
        column.title, column.numeric, column.narrow, direction if sorted_by else "",
        state.with_table(name, pressed),
    )  # fmt: skip
