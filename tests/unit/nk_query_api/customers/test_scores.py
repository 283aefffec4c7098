"""Scores and segments."""

from __future__ import annotations

from itertools import product

import duckdb
import numpy as np
import pytest

from nk_query_api.questions.customers.scores import RULES, SEGMENT_OF, fifths, scored

Customer = tuple[int, int, float]
"""Days since the last purchase, transactions, revenue."""


def scores(customers: list[Customer]) -> list[tuple[int, ...]]:
    """Recency, frequency, monetary and value score of each."""
    found = scored(*(np.array(figures) for figures in zip(*customers, strict=True)))
    columns = (found.recency, found.frequency, found.monetary, found.value)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("count", [*range(1, 12), 99, 100, 101])
def test_cut_points_are_the_discrete_quantiles(count: int) -> None:
    figures = np.random.default_rng(count).integers(0, 30, count)
    found = duckdb.sql(
        f"SELECT quantile_disc(x, [0.2, 0.4, 0.6, 0.8]) FROM (SELECT unnest({figures.tolist()}) AS x)"
    ).fetchall()  # type: ignore[union-attr]
    assert fifths(figures).tolist() == found[0][0]


def test_of_nobody_there_are_no_cut_points() -> None:
    assert fifths(np.empty(0)).tolist() == []


def test_five_customers_have_the_five_scores() -> None:
    found = scores([(n, n + 1, 100.0 * n) for n in range(5)])
    assert found == [(5, 1, 1, 1), (4, 2, 2, 2), (3, 3, 3, 3), (2, 4, 4, 4), (1, 5, 5, 5)]


def test_equal_figures_have_equal_scores_whoever_they_are_of() -> None:
    """Who all came yesterday are all recent, and who all came once are none of them frequent."""
    assert scores([(1, 1, 10.0)] * 7) == [(5, 1, 1, 1)] * 7
    assert scores([(1, 1, 10.0)]) == [(5, 1, 1, 1)]


def test_a_tie_over_a_cut_point_is_not_broken() -> None:
    found = scores([(0, 1, 1.0), (0, 1, 1.0), (0, 1, 1.0), (9, 1, 1.0), (9, 8, 5.0)])
    assert [row[1] for row in found] == [1, 1, 1, 1, 5]
    assert [row[0] for row in found] == [5, 5, 5, 2, 2]


def test_every_pair_of_scores_is_in_exactly_one_segment() -> None:
    cells = [cell for rule in RULES for cell in rule.cells]
    assert sorted(cells) == list(product(range(1, 6), repeat=2))
    assert len(SEGMENT_OF) == 25
    assert all(
        rule.name.id and rule.name.en and rule.description.id and rule.description.en for rule in RULES
    )
