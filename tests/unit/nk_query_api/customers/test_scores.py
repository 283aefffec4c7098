"""Scores and segments."""

from __future__ import annotations

from itertools import product

import duckdb

from nk_query_api.questions.customers.scores import CUTS, RULES, SCORED, SEGMENT_OF

Customer = tuple[int, int, float]
"""Days since the last purchase, transactions, revenue."""


def scores(customers: list[Customer]) -> list[tuple[int, ...]]:
    """Recency, frequency, monetary and value score of each."""
    rows = ", ".join(f"({n}, {r}, {f}, {m}::DOUBLE)" for n, (r, f, m) in enumerate(customers))
    sql = (
        f"WITH bought AS (SELECT * FROM (VALUES {rows}) AS t(id, recency, frequency, monetary)), "
        f"cuts AS ({CUTS}) SELECT rs, fs, ms, vs FROM ({SCORED}) ORDER BY id"
    )
    found = duckdb.sql(sql)
    assert found is not None
    return found.fetchall()


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
