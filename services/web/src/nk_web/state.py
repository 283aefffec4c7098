"""What a page shows, as it stands in the URL: reload, back and share give the same page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, get_args
from urllib.parse import urlencode

from nk_common.api.common import Compare
from nk_web.filters import ALL_DAY, Filters, Hours, parse_filters, parse_hours
from nk_web.i18n import Lang, Said, parse_lang, say
from nk_web.periods import CUSTOM, Period, chosen_days, named_period, parse_as_of, parse_period

Pairs = Sequence[tuple[str, str]]
"""Parameters of an address, in order; a parameter may come more than once."""

COMPARES: Final[tuple[Compare, ...]] = get_args(Compare)
COMPARE_NAMES: Final[Mapping[Compare, Said]] = {
    "none": say("No comparison"),
    "previous": say("Previous period"),
    "year": say("Same period last year"),
    "weekday": say("Same weekdays before"),
}
DEFAULT_COMPARE: Final[Compare] = "previous"
MAX_GRID_DAYS: Final = 366
GRID_DAYS: Final = 35
LONGEST_SEARCH: Final = 100


@dataclass(frozen=True, eq=False)
class Choice:
    """A parameter of one page with a fixed list of values, e.g. the grain of a trend; the first is the default. With
    `in_bar`, one that belongs to a page stands as buttons in its bar; otherwise something on the page sets it."""

    param: str
    values: Mapping[str, Said]
    in_bar: bool = True

    @property
    def default(self) -> str:
        return next(iter(self.values))


@dataclass(frozen=True)
class TableState:
    """How the reader has sorted, searched and turned the pages of one table; empty is as the table begins."""

    sort: str = ""
    order: str = ""
    search: str = ""
    page: int = 1

    def query(self, table: str) -> list[tuple[str, str]]:
        parts = {"sort": self.sort, "order": self.order, "q": self.search}
        page = [(f"{table}.page", str(self.page))] if self.page > 1 else []
        return [(f"{table}.{name}", value) for name, value in parts.items() if value] + page


@dataclass(frozen=True)
class Takes:
    """What the address of a page may say: filters, choices and tables. Anything else in it is passed over."""

    filters: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    tables: tuple[str, ...] = ()
    fixed: str = ""
    """The filter that the path of the page names, as `product` in `/sales/products/{product}`."""
    dated: bool = False
    """Whether the page shows one day, `as_of`."""


@dataclass(frozen=True)
class PageState:
    """Everything that the address says. `path` is the page's own; `today` is the business day of the reader."""

    path: str
    today: date
    period: Period
    compare: Compare = DEFAULT_COMPARE
    filters: Filters = field(default_factory=dict)
    hours: Hours = ALL_DAY
    choices: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, TableState] = field(default_factory=dict)
    as_of: date | None = None
    """The one day of a page about stock; None is the newest."""
    lang: Lang | None = None
    """Only when the URL names it."""
    fixed: str = ""
    notes: tuple[Said, ...] = ()
    """What had to be corrected to get here."""

    # -- as an address ---------------------------------------------------------------------------

    def query(self) -> str:
        """All of the state, for the parts of a page."""
        return urlencode(self._pairs())

    @property
    def address(self) -> str:
        """Of the whole page; what its path says already is not said again."""
        return f"{self.path}?{urlencode([pair for pair in self._pairs() if pair[0] != self.fixed])}"

    def address_on(self, path: str, *, taken: Iterable[str] | None = None) -> str:
        """The same days, comparison and filters on another page (that takes only some filters)."""
        kept = self.filters if taken is None else {p: v for p, v in self.filters.items() if p in set(taken)}
        plain = replace(self, path=path, filters=kept, choices={}, tables={}, as_of=None, fixed="")
        return plain.address

    def _pairs(self) -> list[tuple[str, str]]:
        hours = zip(("hour_from", "hour_to"), map(str, self.hours), strict=True)
        return [
            *self.period.query().items(),
            ("compare", self.compare),
            *((param, value) for param, values in self.filters.items() for value in values),
            *(hours if self.hours != ALL_DAY else ()),
            *((("as_of", self.as_of.isoformat()),) if self.as_of else ()),
            *self.choices.items(),
            *(pair for table, state in self.tables.items() for pair in state.query(table)),
            *((("lang", self.lang),) if self.lang else ()),
        ]

    # -- other states ----------------------------------------------------------------------------

    def with_preset(self, preset: str) -> PageState:
        return replace(self, period=named_period(preset, self.today), tables=self._first_pages())

    def with_days(self, start: date, end: date) -> PageState:
        """Clipped to days that have come; a bucket may reach beyond them."""
        days = Period(CUSTOM, start, min(end, self.today))
        return replace(self, period=days, tables=self._first_pages())

    def with_as_of(self, day: date | None) -> PageState:
        return replace(self, as_of=day, tables=self._first_pages())

    def with_filter(self, param: str, *values: str) -> PageState:
        """Only these values of the filter; without any, no filter."""
        kept = {name: held for name, held in {**self.filters, param: values}.items() if held}
        return replace(self, filters=kept, tables=self._first_pages())

    def without_value(self, param: str, value: str) -> PageState:
        return self.with_filter(param, *(held for held in self.filters.get(param, ()) if held != value))

    def without_filters(self) -> PageState:
        kept = {param: values for param, values in self.filters.items() if param == self.fixed}
        return replace(self, filters=kept, hours=ALL_DAY, tables=self._first_pages())

    def with_hours(self, first: int, last: int) -> PageState:
        return replace(self, hours=(first, last), tables=self._first_pages())

    def with_choice(self, choice: Choice, value: str) -> PageState:
        """Tables begin anew, as they are sorted for what is chosen; what is searched for stays."""
        others = {param: held for param, held in self.choices.items() if param != choice.param}
        chosen = {} if value == choice.default else {choice.param: value}
        tables = {name: TableState(search=held.search) for name, held in self.tables.items()}
        return replace(self, choices={**others, **chosen}, tables=tables)

    def with_press(self, choice: Choice, value: str) -> PageState:
        """What a press on a link that sets a choice shows: that value, and pressed again none."""
        return self.with_choice(choice, choice.default if self.choice(choice) == value else value)

    def with_table(self, table: str, state: TableState) -> PageState:
        return replace(self, tables={**self.tables, table: state})

    def choice(self, choice: Choice) -> str:
        return self.choices.get(choice.param, choice.default)

    def table(self, name: str) -> TableState:
        return self.tables.get(name, TableState())

    @property
    def filtered(self) -> int:
        """How many filters are on, beside the one that the page is about."""
        return sum(param != self.fixed for param in self.filters) + (self.hours != ALL_DAY)

    def _first_pages(self) -> Mapping[str, TableState]:
        return {name: replace(state, page=1) for name, state in self.tables.items()}


PathOf = Callable[[Filters], str]
"""The path of a page; some have a filter in it."""


def parse_state(pairs: Pairs, today: date, path: PathOf, takes: Takes) -> PageState:
    """Nothing here fails: an address that makes no sense is corrected, and the correction is said."""
    single = dict(pairs)
    period = parse_period(single, today)
    filters, filter_notes = parse_filters(pairs, takes.filters)
    hours, hour_notes = parse_hours(single)
    as_of, day_notes = parse_as_of(single.get("as_of", ""), today) if takes.dated else (None, ())
    return PageState(
        path=path(filters),
        today=today,
        period=period,
        compare=next((known for known in COMPARES if known == single.get("compare")), DEFAULT_COMPARE),
        filters=filters,
        hours=hours,
        choices=_choices(single, takes.choices),
        tables={name: table for name in takes.tables if (table := _table(single, name)) != TableState()},
        as_of=as_of,
        lang=parse_lang(single.get("lang")),
        fixed=takes.fixed,
        notes=(*period.notes, *filter_notes, *hour_notes, *day_notes),
    )


def _choices(params: Mapping[str, str], known: Iterable[Choice]) -> dict[str, str]:
    given = {choice: params.get(choice.param, "") for choice in known}
    return {
        choice.param: value
        for choice, value in given.items()
        if value in choice.values and value != choice.default
    }


def _table(params: Mapping[str, str], name: str) -> TableState:
    order = params.get(f"{name}.order", "")
    page = params.get(f"{name}.page", "")
    return TableState(
        sort=params.get(f"{name}.sort", "")[:LONGEST_SEARCH],
        order=order if order in {"asc", "desc"} else "",
        search=params.get(f"{name}.q", "").strip()[:LONGEST_SEARCH],
        page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) <= 5 else 1,
    )


@dataclass(frozen=True)
class SyncState:
    period: Period
    lang: Lang | None = None

    def query(self, **changes: str) -> str:
        days = {"start": self.period.start.isoformat(), "end": self.period.end.isoformat()}
        return urlencode({**days, **({"lang": self.lang} if self.lang else {}), **changes})


def parse_sync(params: Mapping[str, str], today: date) -> SyncState:
    fallback = Period(CUSTOM, today - timedelta(days=GRID_DAYS - 1), today)
    return SyncState(chosen_days(params, today, fallback, MAX_GRID_DAYS), parse_lang(params.get("lang")))
