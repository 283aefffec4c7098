"""A page of customers, and what is known of those on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal

from nk_common.star.base import UNKNOWN_ID
from nk_query_api.kpis.dimensions import CUSTOMER, NO_LABEL
from nk_query_api.questions.filters import Binder
from nk_query_api.serving.customers import CUSTOMER_ENDS
from nk_query_api.serving.snapshot import Snapshot

Sort = Literal["revenue", "transactions", "last_purchase", "name"]
Order = Literal["asc", "desc"]


@dataclass(frozen=True)
class Customers:
    """A page of customers: sorted, and those whose name contains `search`."""

    sort: Sort = "revenue"
    order: Order = "desc"
    search: str = ""
    limit: int = 50
    offset: int = 0

    def found(self, rows: str, binder: Binder) -> str:
        """SQL of the rows of a table that the search finds. Names are looked up only to search or sort by them: of
        a page they are known faster afterwards."""
        if not self.search and self.sort != "name":
            return f"SELECT * FROM {rows}"  # noqa: S608
        found = f"SELECT f.*, lower({CUSTOMER.path[-1]}) AS name FROM {rows} AS f {CUSTOMER.labels}"  # noqa: S608
        if self.search:
            found = f"SELECT * FROM ({found}) WHERE contains(name, lower({binder.bind(self.search)}))"  # noqa: S608
        return found

    def sorting(self, column: str) -> str:
        """SQL after ORDER BY: what is not known comes last, ties by id."""
        return f"{column} {self.order.upper()} NULLS LAST, customer_id"

    def page(self, column: str, binder: Binder) -> str:
        """SQL of the page of `found`."""
        limits = f"LIMIT {binder.bind(self.limit)} OFFSET {binder.bind(self.offset)}"
        return f"SELECT * FROM found ORDER BY {self.sorting(column)} {limits}"  # noqa: S608


def names_of(look: Snapshot, customers: Collection[int]) -> dict[int, str]:
    """The name of each; that of the unknown one where the dimension lacks it."""
    rows = look.rows(
        "SELECT partner_id, partner_name FROM dim_partners WHERE partner_id = ANY($1::BIGINT[])",
        [[*customers, UNKNOWN_ID]],
    )
    known: dict[int, str] = dict(rows)
    return {customer: known.get(customer) or known.get(UNKNOWN_ID, NO_LABEL) for customer in customers}


def first_days_of(look: Snapshot, customers: Collection[int]) -> dict[int, date]:
    """The first purchase ever of each that has one."""
    rows = look.rows(
        f"SELECT customer_id, first_day FROM {CUSTOMER_ENDS} WHERE customer_id = ANY($1::BIGINT[])",  # noqa: S608
        [list(customers)],
    )
    return dict(rows)
