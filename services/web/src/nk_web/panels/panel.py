"""What a panel is, and what may be in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nk_web.charts.figure import Figure
from nk_web.format import Formats
from nk_web.i18n import Said
from nk_web.panels.table import Listing, ListSpec, Table
from nk_web.questions import Question
from nk_web.reader import Reader
from nk_web.state import Choice, PageState

Size = Literal["short", "normal", "tall", "list"]
"""Heights are fixed, so that nothing moves when the figures come; `list` has room for a page of a table."""


@dataclass(frozen=True)
class Look:
    """All that a builder knows beside the answers: who reads, and what the address says."""

    reader: Reader
    state: PageState
    page: str
    panel: str

    @property
    def f(self) -> Formats:
        return self.reader.formats

    def tr(self, said: Said) -> str:
        return self.reader.tr(said)

    def fragment(self, state: PageState) -> str:
        """The address of this panel in another state; `state.address` is the page's."""
        return panel_address(self.page, self.panel, state)


@dataclass(frozen=True)
class Key:
    """One entry of a legend; `mark` names a class of `panels.css`: current, compare, partial, missing, cat-1 ..."""

    mark: str
    text: str


@dataclass(frozen=True)
class Way:
    """A link to the page that says more."""

    href: str
    text: str


@dataclass(frozen=True)
class Body:
    """What is inside a panel once its answers are there. Texts are in the reader's language.

    A chart has `figure`, `alt` (what a screen reader says of it) and `table` (its figures). A server-side table has
    `listing`. Anything else names a `template` and its `context`. `empty` is the sentence of a panel without figures.
    """

    figure: Figure | None = None
    alt: str = ""
    sub: str = ""
    legend: tuple[Key, ...] = ()
    foot: tuple[str, ...] = ()
    table: Table | None = None
    listing: Listing | None = None
    template: str = ""
    context: Mapping[str, object] = field(default_factory=dict)
    empty: str = ""
    more: Way | None = None


@dataclass(frozen=True)
class Panel:
    """`ask` says what to ask in a state of the page; `build` is called with the answers, in that order, and a Look.

    The first question is the one that can be downloaded; with `files`, as many as it names. `span` is of twelve
    columns.
    """

    name: str
    title: Callable[[PageState], Said]
    ask: Callable[[PageState], tuple[Question[Any], ...]]
    build: Callable[..., Body]
    span: int = 6
    size: Size = "normal"
    choices: tuple[Choice, ...] = ()
    table: ListSpec | None = None
    downloads: bool = True
    files: tuple[Said, ...] = ()
    """What is in the file of each question, where a panel shows more than one."""
    lead: bool = False
    """Whether a list has a line above it, for `Body.sub`."""
    whole_file: bool = False
    """Whether the file has all rows of the answer, of which the question asks for a few."""
    unfit: Callable[[PageState], Said | None] = lambda _: None
    """Why the panel cannot be shown in a state, e.g. under a filter that its question does not take."""
    needs_days: bool = True
    """Whether an answer none of whose days is loaded has nothing to show."""

    @property
    def own(self) -> tuple[str, ...]:
        """Parameters of the address that belong to this panel alone."""
        names = ("sort", "order", "q", "page") if self.table else ()
        table = tuple(f"{self.name}.{name}" for name in names)
        return (*(choice.param for choice in self.choices), *table)


def always(said: Said) -> Callable[[PageState], Said]:
    """A title that is the same in every state."""
    return lambda _: said


def panel_address(page: str, panel: str, state: PageState) -> str:
    return f"/panels/{page}/{panel}?{state.query()}"


def download_address(page: str, panel: str, ending: str, state: PageState, file: int = 0) -> str:
    part = f"&file={file}" if file else ""
    return f"/downloads/{page}/{panel}.{ending}?{state.query()}{part}"


def takes_of(panels: Sequence[Panel]) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
    """Choices and tables of all panels of a page."""
    choices = dict.fromkeys(choice for panel in panels for choice in panel.choices)
    return tuple(choices), tuple(panel.name for panel in panels if panel.table)
