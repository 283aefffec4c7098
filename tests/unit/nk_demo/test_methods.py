"""What the model methods answer: reading, ordering, counting, rights."""

from typing import Any

import pytest

from nk_demo.orm.access import User
from nk_demo.orm.errors import OdooError
from nk_demo.world.world import World

from .conftest import Ask, asker

COUNTED = ["state", "in", ["paid", "done", "invoiced"]]
DAY = [["date_order", ">=", "2026-01-14 17:00:00"], ["date_order", "<", "2026-01-15 17:00:00"]]
EXTRACTOR = User(8, "extractor", "UTC", ())
CASHIER = User(6, "kasir.kemang", "Asia/Jakarta", (), reads_everything=False)


def test_search_read_gives_pairs_and_false(ask: Ask) -> None:
    """many2one as [id, name], null as False, datetimes to the second, ids first."""
    fields = ["name", "date_order", "partner_id", "config_id", "note", "lines"]
    rows = ask("pos.order", "search_read", DAY, fields=fields, order="id", limit=20)
    assert list(rows[0]) == ["id", *fields]
    assert rows[0]["config_id"][1] in {"Toko Kemang (Kasir Kemang)", "Toko Senayan (Kasir Senayan)"}
    assert {type(row["partner_id"]) for row in rows} == {bool, list}
    assert rows[0]["note"] is False
    assert all(len(row["date_order"]) == 19 for row in rows)


def test_load_empty_gives_plain_ids(ask: Ask) -> None:
    """`load=''` is how a client saves the names."""
    rows = ask("pos.order", "search_read", DAY, fields=["config_id"], load="")
    assert {type(row["config_id"]) for row in rows} == {int}


def test_read_keeps_the_asked_order_and_drops_missing_ids(ask: Ask) -> None:
    """Also twice the same, and a single id."""
    first, second = ask("pos.order.line", "search", [], limit=2, order="id")
    rows = ask("pos.order.line", "read", [second, 99_999_999, first, second], ["qty"])
    assert [row["id"] for row in rows] == [second, first, second]
    assert ask("pos.order.line", "read", first, ["qty"])[0]["id"] == first


def test_limit_zero_is_no_limit_and_offset_skips(ask: Ask) -> None:
    """As recorded; an offset past the end is empty."""
    every = ask("pos.config", "search", [], limit=0)
    assert every == [1, 2]
    assert ask("pos.config", "search", [], offset=1) == [2]
    assert ask("pos.config", "search", [], offset=100) == []


def test_archived_records_need_asking_for(ask: Ask) -> None:
    """By `active` in the domain or `active_test` in the context; a sold product's name is there anyway."""
    usual = ask("product.product", "search_count", [])
    archived = ask("product.product", "search_count", [["active", "=", False]])
    assert usual + archived == 120 + 3
    assert archived > 0
    assert ask("product.product", "search_count", [], context={"active_test": False}) == 120 + 3
    sold = ask(
        "pos.order.line", "search_read", [["product_id.active", "=", False]], fields=["product_id"], limit=1
    )
    assert sold[0]["product_id"][1]


@pytest.mark.parametrize("order", ["id", "id desc", "date_order desc, id", "amount_total desc, id desc"])
def test_order_and_pages_agree(order: str, ask: Ask) -> None:
    """Pages put together are the whole, in order."""
    whole = ask("pos.order", "search", DAY, order=order)
    pages = [
        one for start in range(0, len(whole), 7) for one in ask("pos.order", "search", DAY, start, 7, order)
    ]
    assert pages == whole
    assert len(set(whole)) == len(whole) > 10


def test_order_puts_nulls_last_going_up_and_first_going_down(ask: Ask) -> None:
    """PostgreSQL's habit."""
    codes = [
        row["default_code"] for row in ask("product.product", "search_read", [], fields=["default_code"])
    ]
    assert codes[-1] is False
    assert codes[:-7] == sorted(codes[:-7])
    down = ask(
        "product.product", "search_read", [], fields=["default_code"], order="default_code desc", limit=1
    )
    assert down[0]["default_code"] is False


def test_order_by_a_relation_follows_its_names(ask: Ask) -> None:
    """A many2one sorts as its model does, by the path of a category."""
    rows = ask("product.product", "search_read", [], fields=["categ_id"], order="categ_id, id")
    names = [row["categ_id"][1] for row in rows]
    assert names == sorted(names)


def test_keyset_paging_finds_every_line_once(ask: Ask) -> None:
    """The way the extractor reads."""
    domain: list[Any] = [["order_id.date_order", *DAY[0][1:]], ["order_id.date_order", *DAY[1][1:]]]
    whole = ask("pos.order.line", "search", domain, order="id")
    last, found = 0, []
    while page := ask("pos.order.line", "search", [*domain, ["id", ">", last]], limit=10, order="id"):
        found += page
        last = page[-1]
    assert found == whole


def test_counts(ask: Ask) -> None:
    """search_count, search(count=True) and the whole world agree with the ids."""
    assert ask("pos.order", "search_count", DAY) == len(ask("pos.order", "search", DAY))
    assert ask("pos.order", "search", DAY, count=True) == len(ask("pos.order", "search", DAY))
    for model in ("pos.order", "pos.order.line", "pos.payment"):
        assert ask(model, "search_count", []) == len(ask(model, "search", []))


def test_every_field_of_every_model_can_be_read(ask: Ask) -> None:
    """A read without fields gives exactly what fields_get lists."""
    for model in (
        "pos.order",
        "pos.order.line",
        "pos.payment",
        "pos.session",
        "res.users",
        "x_brand",
        "uom.uom",
    ):
        row = ask(model, "search_read", [], limit=1)[0]
        assert set(row) == set(ask(model, "fields_get")), model


def test_fields_get_by_name_and_attribute(ask: Ask) -> None:
    """Unknown names are left out without a word."""
    found = ask("pos.order", "fields_get", ["state", "nope"], attributes=["type", "store"])
    assert found == {"state": {"type": "selection", "store": True}}


def test_the_extractor_may_read_but_not_write(still_world: World) -> None:
    """And it does not see a cashier's pin."""
    ask = asker(still_world, EXTRACTOR)
    assert ask("pos.order", "check_access_rights", "read") is True
    assert ask("pos.order", "check_access_rights", "write", raise_exception=False) is False
    with pytest.raises(OdooError, match="not allowed to modify 'Point of Sale Orders'"):
        ask("pos.order", "check_access_rights", "write")
    assert "pin" not in ask("hr.employee", "fields_get")
    with pytest.raises(OdooError, match="not available on the public employee profile"):
        ask("hr.employee", "search", [["pin", "=", "1"]])
    with pytest.raises(OdooError, match="not allowed to create"):
        ask("pos.order", "create", {})


def test_a_cashier_may_not_read_purchases(still_world: World) -> None:
    """But may read what the till needs."""
    ask = asker(still_world, CASHIER)
    with pytest.raises(OdooError, match=r"'Purchase Order' \(purchase.order\) records"):
        ask("purchase.order", "search", [])
    assert ask("pos.config", "search", []) == [1, 2]


@pytest.mark.parametrize(
    ("method", "args", "name"),
    [
        ("_private", [], "odoo.exceptions.AccessError"),
        ("name_get", [[1]], "builtins.AttributeError"),
        ("context_get", [], "builtins.AttributeError"),
        ("search", [], "builtins.TypeError"),
        ("read", [[1], ["nope"]], "builtins.ValueError"),
        ("search", [[], 0, 0, "nope"], "builtins.ValueError"),
        ("search", [[], 0, 0, "id sideways"], "odoo.exceptions.UserError"),
        ("write", [[1], {}], "odoo.exceptions.AccessError"),
        ("check_access_rights", ["fly"], "builtins.ValueError"),
    ],
)
def test_wrong_calls_are_refused_by_class(method: str, args: list[Any], name: str, ask: Ask) -> None:
    """Private, unknown and ill-called methods."""
    with pytest.raises(OdooError) as caught:
        ask("pos.order", method, *args)
    assert caught.value.name == name
