"""A page of a long list, and what all of the list comes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nk_query_api.errors import BadQuestionError
from nk_query_api.kpis.base import Kpi
from nk_query_api.questions.filters import Binder
from nk_query_api.serving.snapshot import Snapshot


@dataclass(frozen=True)
class Page:
    """`sort` is a column of the list."""

    sort: str
    order: Literal["asc", "desc"] = "desc"
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class Listed:
    """`found`: how many rows there are. `total`: the same columns over all. `rows`: those of the page."""

    found: int
    total: tuple[Any, ...]
    rows: list[tuple[Any, ...]]


def check_sort(page: Page, known: Collection[str]) -> None:
    """Raises BadQuestionError for a column that the list does not have."""
    if page.sort not in known:
        raise BadQuestionError(f"Rows cannot be sorted by {page.sort!r}; by: {', '.join(known)}.")


def listed(
    look: Snapshot,
    members: str,
    page: Page,
    ties: str,
    binder: Binder,
    *,
    found: str = "true",
    sort: str = "",
) -> Listed:
    """The page of `members`, whose first column `whole` marks the one row that is over all of them.

    `found`, `ties` and `sort` are SQL over its columns: which members are looked for; what decides between equals;
    what to sort by where it is not the column itself. What is not known comes last.
    """
    rows = look.rows(
        f"SELECT *, count(*) OVER () - 1 FROM ({members}) WHERE whole = 1 OR {found} "  # noqa: S608
        f"ORDER BY whole DESC, {sort or page.sort} {page.order.upper()} NULLS LAST, {ties} "
        f"LIMIT {binder.bind(page.offset + page.limit + 1)}",
        binder.values,
    )
    return Listed(rows[0][-1], rows[0][1:-1], [row[1:-1] for row in rows[1 + page.offset :]])


def aggregates(kpis: Sequence[Kpi], unknown: Collection[str] = ()) -> str:
    """SQL of the KPIs under their slugs; null for those that are not known."""
    return ", ".join(f"{'NULL' if kpi.slug in unknown else kpi.sql} AS {kpi.slug}" for kpi in kpis)


def figures_of(kpis: Sequence[Kpi], row: Sequence[Any]) -> dict[str, float | None]:
    """By slug, as they are answered; the first columns of `row` are those of the KPIs."""
    return {kpi.slug: kpi.present(value) for kpi, value in zip(kpis, row, strict=False)}
