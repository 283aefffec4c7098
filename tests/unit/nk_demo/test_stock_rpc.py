"""The stock over RPC: Odoo's shapes, what a client sums up, and who may read what."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from nk_demo.orm.access import User
from nk_demo.orm.errors import OdooError
from nk_demo.totals.registry import DATASETS
from nk_demo.totals.stock import move_totals, stock_totals
from nk_demo.world.people import EXTRACTOR
from nk_demo.world.world import World, build_world

from .conftest import NOW, Ask, TurnedClock, asker, small

LINE_FIELDS = [
    "date", "move_id", "picking_id", "product_id", "product_uom_id", "qty_done", "location_id", "location_dest_id",
    "lot_id",
]  # fmt: skip


def of_day(day: date) -> list[Any]:
    before = day - timedelta(days=1)
    return [["state", "=", "done"], ["date", ">=", f"{before} 17:00:00"], ["date", "<", f"{day} 17:00:00"]]


def movement(source: str, dest: str, move: dict[str, Any]) -> tuple[str, int]:
    """How a careful client names a move, and its sign, from usages and the move's own flags."""
    if move["scrapped"]:
        return "scrap", -1
    if move["is_inventory"]:
        return "adjustment", 1 if dest == "internal" else -1
    if move["production_id"]:
        return "production_in", 1
    if move["raw_material_production_id"]:
        return "production_out", -1
    table = {
        ("supplier", "internal"): ("incoming", 1),
        ("internal", "customer"): ("outgoing", -1),
        ("customer", "internal"): ("return_in", 1),
        ("internal", "supplier"): ("return_out", -1),
        ("internal", "transit"): ("transfer", -1),
    }
    return table.get((source, dest), ("transfer", 1))


DAYS = [date(2025, 12, 31), date(2026, 1, 10), date(2026, 1, 12), date(2026, 1, 14), date(2026, 1, 20)]


@pytest.mark.parametrize("day", DAYS)
def test_a_client_finds_the_same_moves(day: date, still_world: World, ask: Ask) -> None:
    """Moves, lines, pieces and movement types of a local day, summed in another way."""
    found = move_totals(still_world, day, day)[0]
    lines = ask("stock.move.line", "search_read", of_day(day), LINE_FIELDS)
    flags = ["is_inventory", "scrapped", "production_id", "raw_material_production_id", "product_qty"]
    moves = {
        row["id"]: row for row in ask("stock.move", "read", [line["move_id"][0] for line in lines], flags)
    }
    usages = {row["id"]: row["usage"] for row in ask("stock.location", "search_read", [], ["usage"])}
    kinds: Counter[str] = Counter()
    pieces = 0.0
    for line in lines:
        units = line["qty_done"] * {1: 1, 2: 12}[line["product_uom_id"][0]]
        kind, sign = movement(
            usages[line["location_id"][0]], usages[line["location_dest_id"][0]], moves[line["move_id"][0]]
        )
        kinds[kind] += int(sign * units)
        pieces += units
    assert (len(found.moves), found.lines, found.quantity) == (len(moves), len(lines), pieces)
    assert found.quantity == sum(row["product_qty"] for row in moves.values())
    assert dict(found.kinds) == dict(kinds)
    assert found.as_json()["movement_types"] == dict(sorted(kinds.items()))
    assert len(lines) > 30


def test_quants_are_the_stock_of_now(still_world: World, ask: Ask) -> None:
    """Internal quants, by product and location; summed over every location there is nothing left."""
    fields = ["product_id", "location_id", "lot_id", "quantity", "reserved_quantity", "available_quantity"]
    domain = [["location_id.usage", "in", ["internal"]], ["quantity", "!=", 0]]
    rows = ask("stock.quant", "search_read", domain, fields)
    mine: Counter[tuple[int, int]] = Counter()
    for row in rows:
        mine[row["product_id"][0], row["location_id"][0]] += int(row["quantity"])
    found = stock_totals(still_world, date(2026, 1, 20), date(2026, 1, 20))[0]
    assert {key: units for key, units in found.on_hand.items() if units} == {
        key: units for key, units in mine.items() if units
    }
    assert any(row["lot_id"] for row in rows)
    assert any(row["reserved_quantity"] > 0 for row in rows)
    assert any(row["quantity"] < 0 for row in rows)
    assert (
        ask("stock.quant", "search_count", [["location_id.usage", "=", "internal"], ["quantity", "=", 0]]) > 0
    )
    everything = ask("stock.quant", "search_read", [], ["quantity"])
    assert sum(row["quantity"] for row in everything) == 0
    ids = [row["id"] for row in everything]
    assert ids == sorted(set(ids))
    assert ask("stock.quant", "read", ids[:2], ["quantity"]) == everything[:2]
    products = {
        row["id"] for row in ask("product.product", "search_read", [["detailed_type", "!=", "product"]], [])
    }
    assert products
    assert not products & {row["product_id"][0] for row in rows}


def test_stock_rolls_from_day_to_day(still_world: World, ask: Ask) -> None:
    """Each day's end is the day before and the day's moves; a range gives what each day alone gives."""
    start, end = date(2025, 12, 25), date(2026, 1, 20)
    rolled = stock_totals(still_world, start, end)
    for day in (start, date(2026, 1, 11), date(2026, 1, 12), date(2026, 1, 13), end):
        assert stock_totals(still_world, day, day)[0].on_hand == rolled[(day - start).days].on_hand
    for before, after in pairwise(rolled):
        expected = Counter(before.on_hand)
        for line in ask("stock.move.line", "search_read", of_day(after.day), LINE_FIELDS):
            units = int(line["qty_done"]) * {1: 1, 2: 12}[line["product_uom_id"][0]]
            expected[line["product_id"][0], line["location_dest_id"][0]] += units
            expected[line["product_id"][0], line["location_id"][0]] -= units
        assert after.on_hand == {key: expected[key] for key in before.on_hand}
    assert stock_totals(still_world, date(2025, 12, 10), date(2025, 12, 10))[0].on_hand == {}
    assert stock_totals(still_world, date(2026, 1, 21), date(2026, 1, 21))[0].on_hand == {}


def test_totals_are_registered() -> None:
    """Under the names of the pipeline's datasets."""
    assert DATASETS["inventory-moves"] is move_totals
    assert DATASETS["stock-quants"] is stock_totals


def test_grouped_sums(still_world: World, ask: Ask) -> None:
    """read_group by product, location and move equals the lines."""
    day = date(2026, 1, 14)
    lines = ask("stock.move.line", "search_read", of_day(day), LINE_FIELDS)
    for field in ("product_id", "location_id", "move_id"):
        expected: Counter[int] = Counter()
        for line in lines:
            expected[line[field][0]] += line["qty_done"]
        groups = ask("stock.move.line", "read_group", of_day(day), ["qty_done:sum"], [field])
        assert {group[field][0]: group["qty_done"] for group in groups} == dict(expected)


def test_records_have_odoos_shapes(ask: Ask) -> None:
    """As recorded: labels, False for empty, dozens, a move at the warehouse with its line on the shelf."""
    pickings = ask(
        "stock.picking", "search_read", [["picking_type_code", "=", "incoming"], ["state", "=", "done"]], []
    )
    picking = next(row for row in pickings if row["purchase_id"])
    assert picking["location_id"] == [4, "Partners/Vendors"]
    assert picking["location_dest_id"] == [8, "GD/Stock"]
    assert picking["picking_type_id"] == [1, "Gudang Pusat: Receipts"]
    assert picking["pos_session_id"] is False
    moves = ask("stock.move", "read", picking["move_ids"], [])
    lines = ask("stock.move.line", "search_read", [["picking_id", "=", picking["id"]]], [])
    assert sorted(line["id"] for line in lines) == sorted(picking["move_line_ids"])
    assert {move["location_dest_id"][0] for move in moves} == {8}
    assert {line["location_dest_id"][0] for line in lines} & {9, 10}
    assert moves[0]["display_name"].endswith("Vendors>Stock")
    assert moves[0]["display_name"].startswith(f"{picking['origin']}/")
    dozens = ask("stock.move", "search_read", [["product_uom", "=", 2], ["state", "=", "done"]], [])
    assert dozens[0]["product_qty"] == dozens[0]["quantity_done"] * 12
    adjusted = ask(
        "stock.move", "search_read", [["is_inventory", "=", True]], ["picking_id", "reference"], limit=1
    )
    assert adjusted[0]["picking_id"] is False
    made = ask("mrp.production", "search_read", [["state", "=", "done"]], [], limit=1)[0]
    finished = ask(
        "stock.move", "read", made["move_finished_ids"], ["production_id", "product_id", "quantity_done"]
    )
    raw = ask("stock.move", "read", made["move_raw_ids"], ["raw_material_production_id", "production_id"])
    assert [move["production_id"] for move in finished] == [[made["id"], made["name"]]]
    assert {move["raw_material_production_id"][0] for move in raw} == {made["id"]}
    assert {move["production_id"] for move in raw} == {False}
    assert finished[0]["quantity_done"] == made["product_qty"]
    assert finished[0]["product_id"] == made["product_id"]
    lots = ask("stock.lot", "search_read", [], ["name", "product_id"])
    assert lots[0]["name"].startswith("LOT")
    tracked = ask("product.product", "search", [["tracking", "=", "lot"]])
    assert {lot["product_id"][0] for lot in lots} == set(tracked)


def user(number: int, *, reads: bool) -> User:
    return User(number, "someone", "UTC", (), reads)


def test_access(still_world: World) -> None:
    """The extractor reads all but the value of quants; a till's user reads no quants at all."""
    extractor, till = (
        asker(still_world, user(EXTRACTOR, reads=True)),
        asker(still_world, user(6, reads=False)),
    )
    rows = extractor("stock.quant", "search_read", [], [], limit=1)
    assert "value" not in rows[0]
    assert "value" not in extractor("stock.quant", "fields_get")
    with pytest.raises(OdooError, match="value"):
        extractor("stock.quant", "search_read", [], ["value"], limit=1)
    with pytest.raises(OdooError, match="stock.quant"):
        till("stock.quant", "search", [])
    for model in (
        "stock.move",
        "stock.move.line",
        "stock.picking",
        "stock.location",
        "stock.lot",
        "mrp.production",
    ):
        assert extractor(model, "search", [], limit=1)
    admin = asker(still_world)("stock.quant", "search_read", [["on_hand", "=", True]], ["value"])
    assert sum(row["value"] for row in admin) > 0


def changed_since(ask: Callable[..., Any], model: str, moment: datetime) -> list[int]:
    found: list[int] = ask(model, "search", [["write_date", ">=", f"{moment:%Y-%m-%d %H:%M:%S}"]])
    return found


def test_write_dates_tell_what_changed(clock: TurnedClock) -> None:
    """A watcher by write_date meets every line and quant that changes, cancelled leftovers among them."""
    world = build_world(small(), clock)
    ask = asker(world)
    fields = ["state", "qty_done", "date"]

    def states() -> dict[int, Any]:
        recent = [["date", ">=", "2026-01-14 00:00:00"]]
        return {row["id"]: row for row in ask("stock.move.line", "search_read", recent, fields)}

    def quantities() -> dict[int, float]:
        return {row["id"]: row["quantity"] for row in ask("stock.quant", "search_read", [], ["quantity"])}

    before, quants = states(), quantities()
    clock.turn(hours=36)
    after, later = states(), quantities()
    changed = {one for one in after if after[one] != before.get(one)}
    assert changed
    assert changed <= set(changed_since(ask, "stock.move.line", NOW))
    moved = {one for one in later if later[one] != quants.get(one)}
    assert moved
    assert moved <= set(changed_since(ask, "stock.quant", NOW))
