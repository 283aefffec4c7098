"""Invoices, bills and purchase orders over RPC: what there is, how it is found, how it changes with time."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from nk_demo.orm.access import User
from nk_demo.orm.errors import OdooError
from nk_demo.world import calendar
from nk_demo.world.accounting_records import (
    DOZEN,
    LAST_ACCOUNT_WRITE,
    MOVE_LINE_STRIDE,
    MOVE_STRIDE,
    USD,
    Document,
)
from nk_demo.world.invoicing import goods_of, invoices_of_day
from nk_demo.world.purchasing import bills_of_day, never_bought, orders_of_day, unit_cost
from nk_demo.world.world import World, build_world

from .conftest import Ask, TurnedClock, asker, small

TYPES = {"out_invoice", "out_refund", "in_invoice", "in_refund", "entry"}


@pytest.fixture(scope="module")
def planned(still_world: World) -> list[Document]:
    """Every document of the 40 days."""
    days = still_world.days(still_world.now())
    return [one for day in days for one in still_world.accounts.planned(day)]


def test_every_trap_is_there(planned: list[Document]) -> None:
    """In any 40 days of a small world."""
    lines = [line for one in planned for line in one.lines]
    assert {one.move_type for one in planned} == TYPES
    assert {one.at("9999").state for one in planned} == {"draft", "posted", "cancel"}
    assert {one.currency for one in planned if one.move_type == "out_invoice"} == {13, USD}
    assert {one.currency for one in planned if one.move_type == "in_invoice"} == {13, USD}
    assert {line.kind for line in lines} == {"product", "line_section", "line_note", "tax", "payment_term"}
    assert {len(line.taxes) for line in lines if line.kind == "product"} == {0, 1, 2}
    bills = [line for one in planned if one.move_type == "in_invoice" for line in one.lines]
    for some in (lines, bills):
        assert any(line.uom == DOZEN for line in some)
        assert any(line.is_bonus for line in some)
        assert any(line.discount not in {0, 100} for line in some)
    assert any(line.is_discount for line in bills)
    assert any(line.kind == "product" and line.product is None and line.price for line in lines)
    assert any(one.invoice_date != one.date for one in planned if one.move_type == "in_invoice")
    assert any(one.created[:10] > one.date for one in planned if one.move_type == "in_invoice")


def test_ids_are_of_the_day_and_unique(planned: list[Document]) -> None:
    """Also those of lines, whatever kind of document they stand on."""
    ids = [one.id for one in planned]
    lines = [line.id for one in planned for line in one.lines]
    assert len(set(ids)) == len(ids)
    assert len(set(lines)) == len(lines)
    for one in planned:
        assert one.id // MOVE_STRIDE == one.day
        assert {line.id // MOVE_LINE_STRIDE for line in one.lines} == {one.day}
        assert sum(line.amount for line in one.lines) == 0


def test_every_invoiced_order_is_a_posted_move(ask: Ask, still_world: World) -> None:
    """Both ways, with the order's amounts, on the order's local day."""
    orders = ask(
        "pos.order", "search_read", [["account_move", "!=", False]], ["account_move", "amount_total"]
    )
    moves = ask(
        "account.move", "search_read", [["pos_order_ids", "!=", False]],
        ["pos_order_ids", "amount_total", "state", "date", "move_type", "display_name"],
    )  # fmt: skip
    by_id = {move["id"]: move for move in moves}
    assert len(by_id) == len(orders) > 5
    for order in orders:
        number, label = order["account_move"]
        move = by_id[number]
        made = still_world.order(order["id"], still_world.now())
        assert made is not None
        assert (move["pos_order_ids"], move["state"]) == ([order["id"]], "posted")
        assert move["date"] == calendar.date_of(made.day).isoformat()
        assert move["display_name"] == label == f"{label.split(' ')[0]} ({made.final_name()})"
        assert move["amount_total"] == abs(order["amount_total"])


def test_a_refund_of_an_invoiced_order_is_a_credit_note() -> None:
    """With positive quantities, naming the invoice that it takes back."""
    world = build_world(small(days=200, orders_per_day=120), TurnedClock())
    days = world.days(world.now())
    notes = [
        one for day in days for one in world.accounts.planned(day) if one.pos_orders and one.move_type == "out_refund"
    ]  # fmt: skip
    assert notes
    for note in notes:
        assert all(line.quantity > 0 for line in note.product_lines)
        order = world.order(note.pos_orders[0], world.now())
        assert order is not None
        assert (order.state, order.total) == ("invoiced", -note.total)
        assert note.reversed_id == order.refunded_orders[0]


DOMAINS: list[list[Any]] = [
    [["date", "=", "2026-01-15"]],
    [["date", ">=", "2026-01-13"], ["date", "<", "2026-01-15"]],
    [["date", ">", "2026-01-13"], ["date", "<=", "2026-01-15"]],
    [["date", "=", "2026-01-15"], ["state", "=", "posted"], ["move_type", "in", ["in_invoice", "in_refund"]]],
    [["write_date", ">=", "2026-01-19 00:00:00"]],
    [["write_date", ">", "2026-01-10 08:00:00"], ["write_date", "<=", "2026-01-12 00:00:00"]],
    [["create_date", "<", "2025-12-20"], ["state", "!=", "posted"]],
    [["pos_order_ids", "=", False], ["date", ">=", "2026-01-18"]],
    [["reversed_entry_id", "in", [False]], ["date", ">=", "2026-01-18"]],
]


@pytest.mark.parametrize("domain", DOMAINS)
def test_narrowing_loses_nothing(domain: list[Any], ask: Ask) -> None:
    """The same ids as when every row of the world is looked at: an "or" is not narrowed."""
    narrowed = ask("account.move", "search", domain, order="id")
    everything = ask(
        "account.move", "search", ["|", ["id", "=", 0], *["&"] * (len(domain) - 1), *domain], order="id"
    )
    assert narrowed == everything
    assert narrowed


def test_false_among_ids_says_nothing_about_days(ask: Ask) -> None:
    """It stands for null: orders without an invoice are found."""
    without = ask("pos.order", "search_count", [["account_move", "=", False]])
    assert ask("pos.order", "search_count", [["account_move", "in", [False]]]) == without > 100


def test_lines_by_day_and_by_move_are_the_same(ask: Ask) -> None:
    """And a condition on the move goes through."""
    day = ["date", "=", "2026-01-15"]
    ids = ask(
        "account.move", "search", [day, ["move_type", "=", "out_invoice"], ["pos_order_ids", "=", False]]
    )
    by_move = ask("account.move.line", "search", [["move_id", "in", ids], ["display_type", "=", "product"]])
    through = [["move_id.move_type", "=", "out_invoice"], ["move_id.pos_order_ids", "=", False]]
    by_day = ask("account.move.line", "search", [day, *through, ["display_type", "=", "product"]])
    assert by_move == by_day != []
    shown = [
        one
        for row in ask("account.move", "read", ids, ["invoice_line_ids"])
        for one in row["invoice_line_ids"]
    ]
    assert set(by_move) <= set(shown)


def test_a_client_that_forgets_display_type_is_wrong(ask: Ask) -> None:
    """All lines of a document balance to nothing."""
    rows = ask("account.move.line", "search_read", [["date", "=", "2026-01-15"]], ["balance"])
    assert round(sum(row["balance"] for row in rows), 2) == 0.0


def test_days_group_by_date_without_a_time_zone(ask: Ask) -> None:
    """Bounds are dates, as in Odoo."""
    groups = ask(
        "account.move", "read_group", [["date", ">=", "2026-01-14"], ["date", "<=", "2026-01-15"]],
        ["amount_untaxed_signed:sum"], ["date:day"], lazy=False, context={"tz": "Asia/Jakarta"},
    )  # fmt: skip
    assert [group["date:day"] for group in groups] == ["14 Jan 2026", "15 Jan 2026"]
    assert groups[1]["__range"] == {"date:day": {"from": "2026-01-15", "to": "2026-01-16"}}
    assert groups[1]["__count"] == ask("account.move", "search_count", [["date", "=", "2026-01-15"]])


def test_a_cancellation_shows_in_state_and_write_date(still_world: World, planned: list[Document]) -> None:
    """Found by write date by whoever asks afterwards; the lines' parent_state follows."""
    document = next(one for one in planned if one.state == "posted" and one.steps)
    at = document.steps[0].at
    clock = TurnedClock()
    world = build_world(small(), clock)
    clock.moment = calendar.start_of(date.fromisoformat(at[:10]), world.tz) - timedelta(days=1)
    ask = asker(world)

    def state() -> tuple[str, set[str], bool]:
        row = ask("account.move", "read", [document.id], ["state"])[0]
        lines = ask("account.move.line", "search_read", [["move_id", "=", document.id]], ["parent_state"])
        changed = ask("account.move", "search", [["write_date", ">=", at[:19]]])
        return row["state"], {line["parent_state"] for line in lines}, document.id in changed

    assert state() == ("posted", {"posted"}, False)
    clock.moment += timedelta(days=3)
    assert state() == ("cancel", {"cancel"}, True)


def test_nothing_is_written_after_the_last_planned_write(planned: list[Document]) -> None:
    """What write_date conditions are narrowed by."""
    for one in planned:
        last = calendar.date_of(one.day + LAST_ACCOUNT_WRITE).isoformat()
        assert one.created[:10] <= one.at("9999").written[:10] < last


def test_bills_name_their_orders(ask: Ask) -> None:
    """And the order its bills, once they are entered; the goods of a line are those ordered."""
    lines = ask(
        "account.move.line", "search_read", [["purchase_line_id", "!=", False]],
        ["purchase_line_id", "purchase_order_id", "move_id", "product_id", "quantity", "move_type"],
    )  # fmt: skip
    bills = [line for line in lines if line["move_type"] == "in_invoice"]
    assert len({line["move_id"][0] for line in bills}) > 5
    ordered = ask("purchase.order.line", "read", [line["purchase_line_id"][0] for line in bills],
                  ["order_id", "product_id", "product_qty"])  # fmt: skip
    by_id = {row["id"]: row for row in ordered}
    assert len(by_id) == len(bills)
    for line in bills:
        row = by_id[line["purchase_line_id"][0]]
        assert (row["order_id"], row["product_id"]) == (line["purchase_order_id"], line["product_id"])
        assert row["product_qty"] == line["quantity"]
        order = ask("purchase.order", "read", [row["order_id"][0]], ["invoice_ids", "name"])[0]
        assert line["move_id"][0] in order["invoice_ids"]


def test_what_a_document_names_is_there(ask: Ask, still_world: World) -> None:
    """An order or invoice from before the world's history is not named, so a client finds whatever it is told of."""
    start = still_world.start
    assert any(
        order.bill_day >= start
        for day in range(start - 3, start)
        for order in orders_of_day(still_world.shop, day)
    )
    for model, field, other in (
        ("account.move.line", "purchase_line_id", "purchase.order.line"),
        ("account.move.line", "purchase_order_id", "purchase.order"),
        ("account.move", "reversed_entry_id", "account.move"),
        ("account.move", "partner_id", "res.partner"),
    ):
        rows = ask(model, "search_read", [[field, "!=", False]], [field], load="")
        named = {row[field] for row in rows}
        assert named
        assert {row["id"] for row in ask(other, "read", sorted(named), ["id"])} == named


def test_what_is_bought_is_about_what_is_sold() -> None:
    """Over a year, per product; a few products are sold and never bought."""
    world = build_world(small(days=364, orders_per_day=60, products=60), TurnedClock())
    now = world.now()
    sold: Counter[int] = Counter()
    bought: Counter[int] = Counter()
    for day in world.days(now):
        for order in world.snapshot(day, now).orders:
            for sale in order.lines if order.counted else ():
                sold[sale.product.id] += sale.qty
        for into, documents in (
            (sold, invoices_of_day(world.shop, day)),
            (bought, bills_of_day(world.shop, day)),
        ):
            for document in (one for one in documents if one.settled):
                for line in goods_of(document):
                    assert line.product is not None
                    into[line.product.id] += line.units * (-1 if "refund" in document.move_type else 1)
    never = {number for number in sold if number not in bought}
    assert never == {item.product.id for item in world.shop.catalogue.items if never_bought(item.product)}
    total = sum(count for number, count in sold.items() if number not in never)
    assert 0.85 < sum(bought.values()) / total < 1.15


def test_some_products_come_twice_on_a_day_at_two_prices(still_world: World) -> None:
    """On two bills: a tie for the cost of that day."""
    found = 0
    for day in still_world.days(still_world.now()):
        prices: dict[int, set[tuple[int, int]]] = {}
        for bill in bills_of_day(still_world.shop, day):
            for line in goods_of(bill):
                if line.price and bill.settled and line.product:
                    prices.setdefault(line.product.id, set()).add((bill.id, line.price))
        found += sum(1 for one in prices.values() if len({price for _, price in one}) > 1)
    assert found > 3


def test_costs_drift(still_world: World) -> None:
    """Dearer over two years, the same within a month."""
    product = still_world.shop.catalogue.items[0].product
    early, late = unit_cost(product, date(2024, 1, 10)), unit_cost(product, date(2026, 1, 10))
    assert 1.03 < late / early < 1.2
    assert unit_cost(product, date(2026, 1, 31)) == late


def test_orders_are_placed_before_their_bills(still_world: World) -> None:
    """By one to three days, and each vendor once a week at most."""
    for day in still_world.days(still_world.now()):
        for order in orders_of_day(still_world.shop, day):
            assert 1 <= order.bill_day - order.day <= 3
            bills = {bill.id: bill for bill in bills_of_day(still_world.shop, order.bill_day)}
            assert all(bills[number].purchase_id == order.id for number, _ in order.bills)


def test_a_cashier_reads_neither_invoices_nor_purchases(still_world: World) -> None:
    """The office does."""
    kasir = asker(still_world, User(6, "kasir.kemang", "Asia/Jakarta", ("key",), False))
    for model in ("account.move", "account.move.line", "purchase.order", "purchase.order.line"):
        with pytest.raises(OdooError) as refused:
            kasir(model, "search", [])
        assert refused.value.name.endswith("AccessError")
    extractor = asker(still_world, User(8, "extractor", "UTC", ("key",)))
    assert extractor("account.move", "search", [["date", "=", "2026-01-15"]])
