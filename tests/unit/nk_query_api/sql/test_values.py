"""Values of every type of DuckDB, as JSON shows them."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from nk_query_api.errors import BadQuestionError
from nk_query_api.sql.values import plain, selected, weight

CASES: list[tuple[str, Any]] = [
    ("DATE '2025-12-23'", "2025-12-23"),
    ("TIMESTAMP '2025-12-23 10:00:00.5'", "2025-12-23T10:00:00.500000"),
    ("TIME '10:00'", "10:00:00"),
    ("INTERVAL '1 month 2 days'", "1 month 2 days"),
    ("DATE '12000-01-01'", "12000-01-01"),
    ("1.50::DECIMAL(9, 2)", 1.5),
    ("150::DECIMAL(9, 2)", 150),
    ("170141183460469231731687303715884105727::HUGEINT", 170141183460469231731687303715884105727),
    ("'nan'::DOUBLE", None),
    ("'-inf'::DOUBLE", None),
    ("0.1::DOUBLE", 0.1),
    ("NULL", None),
    ("true", True),
    ("'é'", "é"),
    ("[1, NULL, 3]", [1, None, 3]),
    ("[[DATE '2025-01-01']]", [["2025-01-01"]]),
    ("[1, 2]::INTEGER[2]", [1, 2]),
    ("{'a': 'nan'::DOUBLE, 'b': [1.5::DECIMAL(2, 1)]}", {"a": None, "b": [1.5]}),
    ("MAP {1: 'a', 2: 'b'}", {"1": "a", "2": "b"}),
    ("MAP {DATE '2025-01-01': 1}", {"2025-01-01": 1}),
    ("'a'::ENUM ('a', 'b')", "a"),
    ("'{\"a\": 1}'::JSON", '{"a": 1}'),
    ("'6c2b8b4e-0000-4000-8000-000000000000'::UUID", "6c2b8b4e-0000-4000-8000-000000000000"),
    ("TIMESTAMPTZ '2025-12-23 10:00:00+00'", "2025-12-23 10:00:00+00"),
    ("[TIMESTAMPTZ '2025-12-23 10:00:00+00']", "['2025-12-23 10:00:00+00']"),
    ("'101'::BIT", "101"),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_a_value_becomes_what_json_can_hold(expression: str, expected: Any) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        kind = connection.execute(f"DESCRIBE (SELECT {expression} AS v)").fetchall()[0][1]
        row = connection.execute(
            f"SELECT {selected('v', 'v', kind)} FROM (SELECT {expression} AS v)"
        ).fetchone()
    assert row
    value = plain(row[0])
    assert value == expected
    assert type(value) is type(expected)
    json.dumps(value, allow_nan=False)


def test_bytes_are_refused_with_a_way_out() -> None:
    with pytest.raises(BadQuestionError, match=r"select hex\(picture\) or leave it out"):
        selected("c0", "picture", "BLOB[]")


def test_the_weight_of_a_value_is_about_its_length_as_json() -> None:
    value = {"name": "x" * 1000, "list": [1, 2.5, None, "y" * 500]}
    assert weight(value) == pytest.approx(len(json.dumps(value)), rel=0.1)
