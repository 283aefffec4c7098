"""Scores of customers by recency, frequency and monetary value, and the segments that those make. Pure.

Fifths, not fixed thresholds: what is often, or much, differs between shops, and changes with prices. The cut
points are found by selection and not by sorting, so scoring costs about as much as summing up. Whoever has the same
figure has the same score, so no order of customers matters: a score says how many of the four cut points the figure
lies beyond. With many equal figures, as of those who came once, some scores stay empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nk_common.api.common import Text

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]

Cell = tuple[int, int]
"""Recency score, and value score."""


@dataclass(frozen=True)
class Rule:
    """A segment: the recency scores and the value scores of its customers."""

    slug: str
    name: Text
    description: Text
    recency: tuple[int, ...]
    value: tuple[int, ...]

    @property
    def cells(self) -> set[Cell]:
        return {(recency, value) for recency in self.recency for value in self.value}


RULES: tuple[Rule, ...] = (
    Rule(
        "champions", Text(id="Juara", en="Champions"),
        Text(id="Baru saja membeli, sering dan banyak.", en="Bought recently, often and much."),
        (4, 5), (4, 5),
    ),
    Rule(
        "loyal", Text(id="Setia", en="Loyal"),
        Text(id="Membeli secara teratur, belum lama ini.", en="Buy regularly, and not long ago."),
        (4, 5), (3,),
    ),
    Rule(
        "new", Text(id="Baru", en="New"),
        Text(
            id="Baru saja membeli, dalam rentang ini masih jarang atau sedikit.",
            en="Bought recently, and seldom or little so far in the range.",
        ),
        (4, 5), (1, 2),
    ),
    Rule(
        "slipping", Text(id="Mulai menjauh", en="Slipping"),
        Text(id="Sering atau banyak membeli, tetapi mulai lama tidak datang.",
             en="Bought often or much, and have not been here for a while."),
        (3,), (3, 4, 5),
    ),
    Rule(
        "occasional", Text(id="Sesekali", en="Occasional"),
        Text(id="Jarang atau sedikit membeli, dan agak lama tidak datang.",
             en="Bought seldom or little, and not lately."),
        (3,), (1, 2),
    ),
    Rule(
        "at_risk", Text(id="Berisiko", en="At risk"),
        Text(id="Dulu sering atau banyak membeli, sudah lama tidak datang.",
             en="Used to buy often or much, and have not come for long."),
        (1, 2), (3, 4, 5),
    ),
    Rule(
        "lost", Text(id="Hilang", en="Lost"),
        Text(id="Jarang atau sedikit membeli, dan sudah lama tidak datang.",
             en="Bought seldom or little, and have not come for long."),
        (1, 2), (1, 2),
    ),
)  # fmt: skip
"""Every pair of scores is in exactly one of them."""

SEGMENT_OF: dict[Cell, Rule] = {cell: rule for rule in RULES for cell in rule.cells}


@dataclass(frozen=True)
class Scores:
    """Of each customer, from 1 to 5; and the four cut points of each figure, lowest first, of which each is the figure
    of a customer. `value` is the mean of frequency and monetary value, rounded up."""

    recency: Ints
    frequency: Ints
    monetary: Ints
    cuts: tuple[Numbers, Numbers, Numbers]

    @property
    def value(self) -> Ints:
        return (self.frequency + self.monetary + 1) // 2


def scored(recency: Numbers, frequency: Numbers, monetary: Numbers) -> Scores:
    """By customer: days since the last purchase, purchases, revenue. A figure on a cut point counts as the nearer, and
    as the lesser one."""
    cuts = (fifths(recency), fifths(frequency), fifths(monetary))
    late, often, much = (
        sum((of > cut for cut in four), np.zeros(len(of), np.int64))
        for four, of in zip(cuts, (recency, frequency, monetary), strict=True)
    )
    return Scores(5 - late, 1 + often, 1 + much, cuts)


def fifths(figures: Numbers) -> Numbers:
    """The least figures that a fifth, two, three and four of all are not above; none of none."""
    if not len(figures):
        return figures[:0]
    places = [-(-fifth * len(figures) // 5) - 1 for fifth in (1, 2, 3, 4)]
    return np.partition(figures, places)[places]
