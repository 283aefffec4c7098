"""read_group: groups, aggregates, labels, ranges, and what it refuses."""

from typing import Any

import pytest

from nk_demo.orm.errors import OdooError
from nk_demo.orm.periods import period_of

from .conftest import Ask

COUNTED = ["state", "in", ["paid", "done", "invoiced"]]
DAY = [["date_order", ">=", "2026-01-14 17:00:00"], ["date_order", "<", "2026-01-15 17:00:00"]]


def test_no_groupby_is_one_row_of_the_database(ask: Ask) -> None:
    """`id` is the lowest id, there is no `__domain`, and an empty day's aggregates are null."""
    ids = ask("pos.order", "search", DAY)
    rows = ask("pos.order", "read_group", DAY, ["write_date:max", "amount_total"], [])
    newest = ask("pos.order", "search_read", DAY, ["write_date"], order="write_date desc", limit=1)
    amounts = [row["amount_total"] for row in ask("pos.order", "read", ids, ["amount_total"])]
    assert rows == [
        {
            "id": min(ids),
            "__count": len(ids),
            "write_date": newest[0]["write_date"],
            "amount_total": pytest.approx(sum(amounts), abs=0.001),
        }
    ]
    nothing = ask("pos.order", "read_group", [["id", "=", 0]], ["amount_total:sum"], [])
    assert nothing == [{"id": None, "__count": 0, "amount_total": None}]


def test_days_follow_the_time_zone_of_the_context(ask: Ask) -> None:
    """UTC without one; the domain is never shifted."""
    local = ask("pos.order", "read_group", DAY, ["id:count"], ["date_order:day"], lazy=False,
                context={"tz": "Asia/Jakarta"})  # fmt: skip
    assert [row["date_order:day"] for row in local] == ["15 Jan 2026"]
    assert local[0]["__range"]["date_order:day"] == {
        "from": "2026-01-14 17:00:00",
        "to": "2026-01-15 17:00:00",
    }
    utc = ask("pos.order", "read_group", DAY, ["id:count"], ["date_order:day"], lazy=False)
    assert [row["date_order:day"] for row in utc] == ["14 Jan 2026", "15 Jan 2026"]
    assert sum(row["__count"] for row in utc) == local[0]["__count"]


def test_a_groups_domain_finds_its_rows(ask: Ask) -> None:
    """Also through an `|` in the question's domain."""
    domain: list[Any] = ["|", ["state", "=", "done"], ["state", "=", "cancel"], *DAY]
    for row in ask("pos.order", "read_group", domain, ["id:count"], ["employee_id", "state"], lazy=False):
        assert ask("pos.order", "search_count", row["__domain"]) == row["__count"]


def test_lazy_groups_by_the_first_only(ask: Ask) -> None:
    """The rest is left for the next question."""
    rows = ask("pos.order", "read_group", DAY, ["amount_total"], ["state", "employee_id"])
    assert {"state_count", "amount_total", "state", "__domain", "__context"} == set(rows[0])
    assert rows[0]["__context"] == {"group_by": ["employee_id"]}
    assert [row["state"] for row in rows] == sorted(row["state"] for row in rows)


def test_relations_and_aggregates(ask: Ask) -> None:
    """Pairs by name order; named, counted and extreme aggregates."""
    rows = ask("pos.payment", "read_group", [["pos_order_id.date_order", ">=", "2026-01-18 17:00:00"]],
               ["total:sum(amount)", "least:min(amount)", "orders:count_distinct(pos_order_id)"],
               ["payment_method_id"], lazy=False)  # fmt: skip
    assert all(isinstance(row["payment_method_id"], list) for row in rows)
    for row in rows:
        amounts = [one["amount"] for one in ask("pos.payment", "search_read", row["__domain"], ["amount"])]
        assert row["total"] == pytest.approx(sum(amounts), abs=0.001)
        assert row["least"] == min(amounts)
        assert row["orders"] <= row["__count"]


def test_many2many_counts_a_row_in_each_group(ask: Ask) -> None:
    """Grouping lines by tax."""
    rows = ask("pos.order.line", "read_group", [["order_id", "in", ask("pos.order", "search", DAY)]], ["qty"],
               ["tax_ids"], lazy=False, orderby="qty desc")  # fmt: skip
    assert rows[0]["tax_ids"] == [3, "PPN 11% (termasuk)"]
    assert [row["qty"] for row in rows] == sorted((row["qty"] for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("fields", "groupby", "message"),
    [
        (["amount_total"], ["nope"], "Unknown field 'nope' in 'groupby'"),
        (["amount_total"], ["config_id"], "Field pos.order.config_id is not a stored field"),
        (["amount_total"], ["lines"], "Field pos.order.lines is not a stored field"),
        (["config_id:count"], ["state"], "Cannot aggregate field 'config_id'."),
        (["amount_total:median"], ["state"], "Invalid aggregation function 'median'."),
        (["amount_total", "amount_total:max"], ["state"], "Output name 'amount_total' is used twice."),
        (["nope:sum"], ["state"], "Invalid field 'nope' on model 'pos.order'"),
        (["a b"], ["state"], "Invalid field specification 'a b'."),
    ],
)
def test_what_is_refused(fields: list[str], groupby: list[str], message: str, ask: Ask) -> None:
    """Odoo's own words; note that a store's `config_id` is no column of pos.order in 16."""
    with pytest.raises(OdooError) as caught:
        ask("pos.order", "read_group", DAY, fields, groupby)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("granularity", "start", "end", "label"),
    [
        ("hour", "2026-01-15 08:00:00", "2026-01-15 09:00:00", "03:00 15 Jan"),
        ("day", "2026-01-14 17:00:00", "2026-01-15 17:00:00", "15 Jan 2026"),
        ("week", "2026-01-11 17:00:00", "2026-01-18 17:00:00", "W3 2026"),
        ("month", "2025-12-31 17:00:00", "2026-01-31 17:00:00", "January 2026"),
        ("quarter", "2025-12-31 17:00:00", "2026-03-31 17:00:00", "Q1 2026"),
        ("year", "2025-12-31 17:00:00", "2026-12-31 17:00:00", "2026"),
    ],
)
def test_periods(granularity: str, start: str, end: str, label: str) -> None:
    """15:23 in Jakarta; the hour's label is Odoo's, and tells no afternoon."""
    from zoneinfo import ZoneInfo

    period = period_of("2026-01-15 08:23:45.5", granularity, ZoneInfo("Asia/Jakarta"))
    assert (period.start, period.end, period.label) == (start, end, label)
