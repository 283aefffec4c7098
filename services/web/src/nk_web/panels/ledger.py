"""A sum written out line by line: what there was, what came and went, what there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from nk_web.format import Formats
from nk_web.panels.table import Mood

LEDGER: Final = "partials/ledger.html"
Sign = Literal["", "+", "−", "="]


@dataclass(frozen=True)
class Line:
    """`strong` is a result. `sub` stands small under the name, and `detail`, too, where there is room for it."""

    name: str
    value: str
    sign: Sign = ""
    sub: str = ""
    detail: str = ""
    strong: bool = False
    mood: Mood = ""


@dataclass(frozen=True)
class Ledger:
    """`verdict` is what the sum comes to, in a sentence."""

    lines: tuple[Line, ...]
    verdict: str = ""
    mood: Mood = ""


def added(name: str, value: float | None, f: Formats, sub: str = "") -> Line:
    """A line that is added, or taken off when it is less than nothing: the sign stands before it."""
    taken = value is not None and value < 0
    return Line(name, f.number(abs(value) if value is not None else None, 2), "−" if taken else "+", sub)
