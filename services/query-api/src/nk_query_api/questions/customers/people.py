"""A page of customers, and what is known of those on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.dimensions import NO_LABEL
from nk_query_api.questions.customers.totals import NEVER, Ints, Totals
from nk_query_api.serving.customers import CUSTOMER_ENDS
from nk_query_api.serving.snapshot import Snapshot

Sort = Literal["revenue", "transactions", "last_purchase", "name"]
Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Names:
    """Of all customers, by id, ascending; `folded` in lower case, `rank` their order by that. `unknown` is the name of
    whoever is none of them."""

    customers: Ints
    names: Sequence[str]
    folded: pa.Array
    rank: Ints
    unknown: str

    def of(self, customers: Ints) -> list[str]:
        """The name of each."""
        at, known = self._places(customers)
        return [
            self.names[place] if is_known else self.unknown for place, is_known in zip(at, known, strict=True)
        ]

    def ranks(self, customers: Ints) -> Ints:
        """By name; equal names have equal ranks."""
        at, known = self._places(customers)
        return np.where(known, self.rank[at], self.rank_of_unknown)

    def matching(self, customers: Ints, search: str) -> npt.NDArray[np.bool_]:
        """Whose name contains the text, whatever its case."""
        at, known = self._places(customers)
        found = pc.match_substring(self.folded, search.lower()).to_numpy(zero_copy_only=False)
        return np.where(known, found[at], search.lower() in self.unknown.lower())

    @property
    def rank_of_unknown(self) -> int:
        at = int(np.searchsorted(self.customers, UNKNOWN_ID))
        return int(self.rank[at])

    def _places(self, customers: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
        at = np.minimum(np.searchsorted(self.customers, customers), len(self.customers) - 1)
        return at, self.customers[at] == customers


@dataclass(frozen=True)
class Customers:
    """A page of customers: sorted, and those whose name contains `search`."""

    sort: Sort = "revenue"
    order: Order = "desc"
    search: str = ""
    limit: int = 50
    offset: int = 0

    def found(self, look: Snapshot, totals: Totals) -> Totals:
        """Those that the search finds."""
        if not self.search:
            return totals
        return totals.only(names_of(look).matching(totals.customers, self.search))

    def page(self, look: Snapshot, found: Totals) -> Totals:
        """The page of `found`: what is not known comes last, ties by id."""
        key, stop = self._key(look, found), self.offset + self.limit
        # Only those that can be on the page are sorted.
        last = np.partition(key, stop)[stop] if stop < len(key) else np.inf
        near = np.flatnonzero(key <= last)
        at = near[np.argsort(key[near], kind="stable")][self.offset : stop]
        return Totals(found.customers[at], found.transactions[at], found.revenue[at], found.last[at])

    def _key(self, look: Snapshot, found: Totals) -> npt.NDArray[np.float64]:
        """Numbers whose ascending order is that of the page."""
        if self.sort == "name":
            values = names_of(look).ranks(found.customers).astype(np.float64)
        elif self.sort == "last_purchase":
            values = np.where(found.last == NEVER, np.nan, found.last)
        else:
            values = (found.revenue if self.sort == "revenue" else found.transactions).astype(np.float64)
        ordered = -values if self.order == "desc" else values
        return np.where(np.isnan(ordered), np.inf, ordered)


def names_of(look: Snapshot) -> Names:
    """Of the snapshot; read anew when the dimension is another one."""
    return look.of_dimensions("partners", lambda: _names(look))


def _names(look: Snapshot) -> Names:
    found: dict[int, str | None] = dict(look.rows("SELECT partner_id, partner_name FROM dim_partners"))
    unknown = found.setdefault(UNKNOWN_ID, None) or NO_LABEL
    ids = sorted(found)
    names = [found[one] or unknown for one in ids]
    folded = [name.lower() for name in names]
    order = {name: n for n, name in enumerate(sorted(set(folded)))}
    rank = np.array([order[name] for name in folded], np.int64)
    return Names(np.array(ids, np.int64), names, pa.array(folded), rank, unknown)


def first_days_of(look: Snapshot, customers: Collection[int]) -> dict[int, date]:
    """The first purchase ever of each that has one."""
    rows = look.rows(
        f"SELECT customer_id, first_day FROM {CUSTOMER_ENDS} "  # noqa: S608
        "WHERE customer_id IN (SELECT unnest($1::BIGINT[]))",
        [list(customers)],
    )
    return dict(rows)
