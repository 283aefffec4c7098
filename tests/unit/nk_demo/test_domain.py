"""Domains: the tree, the operators, and that looking at fewer days never loses a row."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nk_demo.orm.domain import EVERYTHING, Constant, Junction, Leaf, parse
from nk_demo.orm.errors import OdooError
from nk_demo.orm.matching import compile_node, timestamp
from nk_demo.orm.schema import Model, models
from nk_demo.orm.view import Tables, View
from nk_demo.world.world import World

ROWS: list[dict[str, Any]] = [
    {"id": 1, "name": "Lip Cream", "default_code": "NK1", "lst_price": 10.0, "active": True, "categ_id": 6,
     "taxes_id": (3,), "x_studio_brand_id": 2, "write_date": "2026-01-15 10:00:00.500000"},
    {"id": 2, "name": "lip balm", "default_code": None, "lst_price": 20.0, "active": True, "categ_id": 17,
     "taxes_id": (3, 5), "x_studio_brand_id": None, "write_date": "2026-01-15 23:59:59.900000"},
    {"id": 3, "name": "Serum 50%", "default_code": "", "lst_price": 0.0, "active": False, "categ_id": 10,
     "taxes_id": (), "x_studio_brand_id": 1, "write_date": "2026-01-16 00:00:00.000001"},
]  # fmt: skip


@pytest.fixture(scope="module")
def view(still_world: World) -> View:
    return View(Tables(still_world))


def matching(domain: list[Any], view: View) -> list[int]:
    model: Model = models()["product.product"]
    matches = compile_node(parse(domain), model, view)
    return [row["id"] for row in ROWS if matches(row)]


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ([], [1, 2, 3]),
        ([["id", "=", 2]], [2]),
        ([["id", "=", [1, 3]]], [1, 3]),
        ([["id", "!=", 2]], [1, 3]),
        ([["id", "in", [1, 9]]], [1]),
        ([["id", "not in", [1]]], [2, 3]),
        ([["id", "in", []]], []),
        ([["lst_price", ">", 0]], [1, 2]),
        ([["lst_price", ">=", "10"], ["lst_price", "<", 20]], [1]),
        ([["lst_price", "=", 0]], [3]),
        # Null is False; an empty text is not null; `!=` lets nulls through, comparisons do not.
        ([["default_code", "=", False]], [2]),
        ([["default_code", "!=", False]], [1, 3]),
        ([["default_code", "!=", "NK1"]], [2, 3]),
        ([["default_code", "not in", ["NK1"]]], [2, 3]),
        ([["default_code", "not in", ["NK1", False]]], [3]),
        ([["default_code", "in", ["NK1", False]]], [1, 2]),
        ([["default_code", ">", ""]], [1]),
        ([["x_studio_brand_id", "=", False]], [2]),
        ([["x_studio_brand_id", "!=", 2]], [2, 3]),
        # like: anywhere, with % and _; = in front pins the ends; the i ignores case.
        ([["name", "like", "Lip"]], [1]),
        ([["name", "ilike", "LIP"]], [1, 2]),
        ([["name", "not ilike", "lip"]], [3]),
        ([["name", "=like", "L%m"]], [1]),
        ([["name", "=like", "Lip"]], []),
        ([["name", "=ilike", "lip b_lm"]], [2]),
        ([["default_code", "not like", "NK"]], [2, 3]),
        ([["name", "=?", False]], [1, 2, 3]),
        ([["name", "=?", "lip balm"]], [2]),
        # To-many relations, and relations by the other record's name.
        ([["taxes_id", "in", [5]]], [2]),
        ([["taxes_id", "=", 3]], [1, 2]),
        ([["taxes_id", "not in", [5]]], [1, 3]),
        ([["taxes_id", "=", False]], [3]),
        ([["taxes_id", "!=", False]], [1, 2]),
        ([["taxes_id.amount", "=", 0]], [2]),
        ([["categ_id", "ilike", "lips"]], [1, 2]),
        ([["categ_id", "not ilike", "lips"]], [3]),
        ([["categ_id.parent_id.name", "=", "Lips"]], [2]),
        ([["categ_id", "child_of", 5]], [1, 2]),
        ([["categ_id", "child_of", [6]]], [1, 2]),
        (["!", ["categ_id", "child_of", 5]], [3]),
        ([["categ_id", "parent_of", 17]], [1, 2]),
        # A relation that is null matches no dotted condition, not even a negative one.
        ([["x_studio_brand_id.x_name", "!=", "Aira"]], [1]),
        # Booleans.
        ([["active", "=", False]], [3]),
        ([["active", "!=", True]], [3]),
        ([["active", "in", [True, False]]], [1, 2, 3]),
        # Prefix logic; parts side by side are all required.
        (["|", ["id", "=", 1], ["id", "=", 3]], [1, 3]),
        (["!", ["id", "=", 1]], [2, 3]),
        (["!", "|", ["id", "=", 1], ["lst_price", "<", 5]], [2]),
        (["&", ["id", ">", 1], ["id", "<", 3]], [2]),
        (["|", "&", ["id", "=", 1], ["active", "=", True], ["id", "=", 3], ["id", "!=", 1]], [3]),
        (["!", ["default_code", "<", "Z"]], []),
        ([[1, "=", 1]], [1, 2, 3]),
        ([[0, "=", 1]], []),
        # Stored with microseconds: the text that is read back never matches, and `>` finds the row again.
        ([["write_date", "=", "2026-01-15 10:00:00"]], []),
        ([["write_date", ">", "2026-01-15 10:00:00"]], [1, 2, 3]),
        ([["write_date", "<=", "2026-01-15"]], [1]),
        ([["write_date", ">", "2026-01-15"]], [2, 3]),
        ([["write_date", ">=", "2026-01-16T00:00:00+07:00"]], [3]),
    ],
)  # fmt: skip
def test_a_domain_finds_these_rows(domain: list[Any], expected: list[int], view: View) -> None:
    """Each domain, over the three rows above."""
    assert matching(domain, view) == expected


@pytest.mark.parametrize(
    ("text", "operator", "expected"),
    [
        ("2026-01-15", ">=", "2026-01-15 00:00:00"),
        ("2026-01-15", "<", "2026-01-15 00:00:00"),
        ("2026-01-15", "<=", "2026-01-15 23:59:59"),
        ("2026-01-15", ">", "2026-01-15 23:59:59"),
        ("2026-01-15 10:20", "=", "2026-01-15 10:20:00"),
        ("2026-01-15T10:20:30Z", "=", "2026-01-15 10:20:30"),
        ("2026-01-15 10:20:30.5+07:00", "=", "2026-01-15 10:20:30.5"),
    ],
)
def test_datetime_texts(text: str, operator: str, expected: str) -> None:
    """A bare date is the first or the last second of its UTC day; offsets are ignored."""
    assert timestamp(text, operator) == expected


@pytest.mark.parametrize(
    ("domain", "name", "message"),
    [
        ("text", "builtins.AssertionError", "Domains to normalize must have"),
        (["text"], "builtins.ValueError", "Invalid leaf text"),
        ([["id", "=>", 1]], "builtins.ValueError", "Invalid leaf"),
        (["&", ["id", "=", 1]], "builtins.AssertionError", "syntactically not correct"),
        ([["nope", "=", 1]], "builtins.ValueError", "Invalid field product.product.nope in leaf"),
        ([["name.x", "=", 1]], "builtins.ValueError", "Invalid field product.product.name.x in leaf"),
        ([["categ_id.nope", "=", 1]], "builtins.ValueError", "Invalid field product.category.nope in leaf"),
        ([["write_date", ">", "15/01/2026"]], "psycopg2.errors.DatetimeFieldOverflow", "out of range"),
        ([["write_date", ">", "2026-13-01"]], "psycopg2.errors.DatetimeFieldOverflow", "out of range"),
        ([["write_date", ">", "soon"]], "psycopg2.errors.InvalidDatetimeFormat", "invalid input syntax"),
        ([["lst_price", ">", "dear"]], "psycopg2.errors.InvalidTextRepresentation", "invalid input syntax"),
    ],
)
def test_a_bad_domain_is_refused(domain: Any, name: str, message: str, view: View) -> None:
    """With the class and the words of the server."""
    with pytest.raises(OdooError) as caught:
        matching(domain, view)
    assert caught.value.name == name
    assert message in caught.value.message


def test_the_tree() -> None:
    """Implicit `&` groups to the left; `!` turns operators round."""
    tree = parse([["a", "=", 1], "!", "&", ["b", "in", [1]], ["c", "=like", "x"]])
    assert isinstance(tree, Junction)
    assert isinstance(tree.right, Junction)
    assert tree.operator == "&"
    assert tree.right.operator == "|"
    assert isinstance(tree.right.left, Leaf)
    assert tree.right.left.operator == "not in"
    assert isinstance(tree.right.right, Leaf)
    assert tree.right.right.negated
    assert parse([]) == EVERYTHING == Constant(value=True)


moments = st.datetimes(min_value=datetime(2026, 1, 8), max_value=datetime(2026, 1, 21)).map(
    lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S")
)
comparisons = st.sampled_from([">", ">=", "<", "<=", "="])
conditions = st.one_of(
    st.tuples(st.sampled_from(["date_order", "write_date", "create_date"]), comparisons, moments),
    st.tuples(st.just("id"), comparisons, st.integers(2_190, 2_215).map(lambda day: day * 32_768 + 12)),
    st.tuples(
        st.just("session_id"), st.just("in"), st.lists(st.integers(2_195, 2_212).map(lambda d: d * 16 + 1))
    ),
    st.tuples(st.just("payment_ids.payment_date"), comparisons, moments),
)


@given(parts=st.lists(conditions, min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_narrowing_loses_nothing(parts: list[tuple[str, str, Any]], still_world: World) -> None:
    """Asking fewer days gives what asking every day gives."""
    view = View(Tables(still_world))
    node = parse(parts)
    matches = compile_node(node, models()["pos.order"], view)
    narrow = {order.id for chunk in view.chunks("pos.order", node) for order in chunk if matches(order)}
    wide = {order.id for chunk in view.chunks("pos.order", EVERYTHING) for order in chunk if matches(order)}
    assert narrow == wide
