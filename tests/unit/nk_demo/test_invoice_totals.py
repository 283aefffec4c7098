"""Totals of invoices and bills: by hand for a bill, and equal to what a client sums up over RPC."""

from datetime import UTC, date, datetime
from fractions import Fraction
from math import fsum
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import orjson
import pytest

from nk_demo.server import DemoServer
from nk_demo.totals.invoices import PurchasesDay, SalesDay, invoice_totals, purchase_totals
from nk_demo.world import calendar
from nk_demo.world.accounting_records import DOZEN, USD, Document
from nk_demo.world.documents import Lines, posted, rate_of
from nk_demo.world.records import Product
from nk_demo.world.world import World

from .conftest import Ask

CREAM, SERUM = (Product(number, name, name, 0, 0, 3) for number, name in ((10, "Cream"), (11, "Serum")))
START, END = date(2025, 12, 20), date(2026, 1, 20)
RATE = rate_of(START, USD)


def document(move_type: str, goods: list[tuple[Any, ...]], currency: int = 13) -> Document:
    """Lines as (product, quantity, unit of measure, price in cents, taxes)."""
    lines = Lines(move_type, 500)
    for product, quantity, uom, price, taxes in goods:
        lines.goods(product, "a", quantity, price, uom=uom, taxes=taxes)
    day = calendar.ordinal_of(START)
    return posted(move_type, 77, day, 40, lines, datetime(2025, 12, 20, 4, tzinfo=UTC), currency=currency)


def test_a_bills_discount_is_spread_over_its_positive_lines() -> None:
    """300.00 and 100.00 less 40.00: 10 % off each; with tax, one line has none, so 433.00 less 44.40."""
    bill = document(
        "in_invoice",
        [
            (CREAM, 1, DOZEN, 30_000, (7,)),
            (SERUM, 5, 1, 2_000, ()),
            (SERUM, 2, 1, 0, (7,)),
            (None, 1, 1, -4_000, (7,)),
        ],
    )
    day = PurchasesDay(START)
    day.add(bill)
    cream, serum = day.events
    assert [cream.untaxed, serum.untaxed] == [Fraction(27_000), Fraction(9_000)]
    left = 1 - Fraction(4_440, 43_300)
    assert (cream.taxed, serum.taxed) == (33_300 * left, 10_000 * left)
    assert (cream.product_id, cream.line_id, cream.unit_taxed) == (10, 500, 33_300 * left / 12)
    assert day.cost_untaxed == 36_000
    assert day.cost_taxed == 43_300 - 4_440
    assert (day.all.lines, day.all.quantity, day.all.untaxed_cents) == (4, 12 + 5 + 2 + 1, 36_000)


def test_returns_count_against_and_set_no_cost() -> None:
    """Their quantities are positive on the document."""
    day = PurchasesDay(START)
    day.add(document("in_refund", [(CREAM, 2, 1, 1_000, (7,))]))
    assert (day.all.documents, day.all.refund_documents, day.all.quantity) == (1, 1, -2)
    assert (day.cost_untaxed, day.cost_taxed) == (Fraction(-2_000), Fraction(-2_220))
    assert not day.events


def test_another_currency_counts_in_rupiah() -> None:
    """At the month's rate."""
    day = SalesDay(START)
    day.add(document("out_invoice", [(CREAM, 3, 1, 250, ())], USD))
    day.add(document("out_refund", [(CREAM, 1, 1, 11_100, (3,))]))
    assert day.all.untaxed_cents == 750 * RATE - 10_000
    assert day.all.taxed_cents == 750 * RATE - 11_100
    assert (day.partners[40].documents, day.partners[40].refund_documents) == (2, 1)


FIELDS = ["move_id", "quantity", "product_uom_id", "balance", "price_total", "price_subtotal", "move_type"]


def read(ask: Ask, types: list[str], day: date) -> tuple[list[int], list[dict[str, Any]]]:
    """(moves, product lines) of a day, as an extractor asks for them."""
    domain = [["date", "=", day.isoformat()], ["state", "=", "posted"], ["move_type", "in", types]]
    ids = ask("account.move", "search", [*domain, ["pos_order_ids", "=", False]])
    lines = ask(
        "account.move.line", "search_read", [["move_id", "in", ids], ["display_type", "=", "product"]], FIELDS
    )
    return ids, lines


@pytest.mark.parametrize(
    ("types", "sign", "count"),
    [
        (["out_invoice", "out_refund"], -1, invoice_totals),
        (["in_invoice", "in_refund"], 1, purchase_totals),
    ],
)
def test_a_client_finds_the_same(
    types: list[str], sign: int, count: Any, still_world: World, ask: Ask
) -> None:
    """Documents, lines, quantity in pieces and the untaxed amount from the balances, on each of a month's days."""
    found = count(still_world, START, END)
    for day in found:
        ids, lines = read(ask, types, day.day)
        assert (day.all.documents, day.all.lines) == (len(ids), len(lines))
        assert day.all.untaxed_cents / 100 == pytest.approx(
            sign * fsum(row["balance"] for row in lines), abs=0.001
        )
        turned = {row["id"]: -1 if row["move_type"].endswith("refund") else 1 for row in lines}
        pieces = (
            turned[row["id"]] * row["quantity"] * {1: 1, 2: 12}[row["product_uom_id"][0]] for row in lines
        )
        assert day.all.quantity == sum(pieces)
    assert sum(day.all.documents for day in found) > 20
    assert sum(day.all.refund_documents for day in found) > 0


def test_costs_after_discounts_are_the_bills_amounts(still_world: World) -> None:
    """Spreading moves money between lines and loses none of it."""
    days = purchase_totals(still_world, START, END)
    assert sum(len(day.events) for day in days) > 50
    for day in days:
        assert day.cost_untaxed == day.all.untaxed_cents
        assert day.cost_taxed == day.all.taxed_cents


def test_over_http(server: DemoServer) -> None:
    """By the name of the dataset; the tills without one; an unknown one is refused."""

    def get(query: str) -> dict[str, Any]:
        with urlopen(f"{server.url}/demo/totals?start=2026-01-15{query}", timeout=10) as response:
            found: dict[str, Any] = orjson.loads(response.read())["days"][0]
            return found

    assert "orders" in get("")
    assert get("") == get("&dataset=pos")
    assert get("&dataset=invoice-sales")["documents"] > 0
    assert set(get("&dataset=purchases")) >= {"cost_untaxed", "cost_taxed", "cost_events", "partners"}
    with pytest.raises(HTTPError) as refused:
        get("&dataset=nothing")
    assert refused.value.code == 400
    refused.value.close()
