"""Stock as planned: it adds up, lies where Odoo would have it, and does not depend on who asks when."""

from collections import Counter
from datetime import date, timedelta

import pytest

from nk_demo.world import calendar
from nk_demo.world.inventory import count_moment, is_count
from nk_demo.world.records import Line, Order, Product, Step
from nk_demo.world.stock import Stock, stock_of
from nk_demo.world.stock_places import (
    CUSTOMER,
    INVENTORY,
    SCRAP,
    SHELF_A,
    SUPPLIER,
    TRANSIT,
    Key,
    Places,
    by_session,
    split,
    store_stock,
)
from nk_demo.world.stock_records import DOZENS, UNIT_SIZES, LineRow, Transfer, lines_of, stand
from nk_demo.world.stock_sales import order_transfers, planned_sale, session_transfers
from nk_demo.world.world import World, build_world

from .conftest import TurnedClock, small


@pytest.fixture(scope="session")
def stock(still_world: World) -> Stock:
    return stock_of(still_world)


def done_lines(stock: Stock, days: range) -> list[LineRow]:
    now = stock.world.now()
    return [line for day in days for line in stock.block(day, now).lines if line.standing.state == "done"]


def summed(lines: list[LineRow]) -> Counter[Key]:
    """Every line by hand: plus where it went, minus where it came from, in pieces."""
    found: Counter[Key] = Counter()
    for line in lines:
        units = line.done * UNIT_SIZES[line.move.uom]
        found[line.move.product.id, line.move.dest, line.lot] += units
        found[line.move.product.id, line.move.source, line.lot] -= units
    return found


def test_stock_is_the_sum_of_all_moves_since_the_first(stock: Stock) -> None:
    """What the quants say (from targets and a bounded look-back) equals forty days added up line by line."""
    now = stock.world.now()
    moved = summed(done_lines(stock, stock.world.days(now)))
    levels = stock.levels(now, now)
    for key in stock.places.targets:
        assert levels[key].units == moved[key], key
    internal = {place for _, place, _ in stock.places.targets}
    assert {key for key in moved if key[1] in internal and stock.places.storable(key[0])} <= set(levels)


def test_begin_and_moves_make_the_end(stock: Stock) -> None:
    """Over a month, per product and location: begin + signed moves = end."""
    world, now = stock.world, stock.world.now()
    today = world.today(now)
    begin, end = "2025-12-21 17:00:00.000000", now
    first = stock.levels(begin, now)
    last = stock.levels(end, now)
    lines = [
        line
        for line in done_lines(stock, range(today - 32, today + 1))
        if (line.standing.transfer.done or "") > begin
    ]
    moved = summed(lines)
    assert sum(abs(units) for units in moved.values()) > 1_000
    for key in stock.places.targets:
        assert first[key].units + moved[key] == last[key].units, key


def test_all_locations_of_a_product_sum_up_to_nothing(stock: Stock) -> None:
    """As in Odoo: a client that sums all quants gets zero. Partners keep the signs they have there."""
    now = stock.world.now()
    by_product: Counter[int] = Counter()
    by_place: Counter[int] = Counter()
    for (product, place, _), level in stock.levels(now, now).items():
        by_product[product] += level.units
        by_place[place] += level.units
    assert set(by_product.values()) == {0}
    assert by_place[SUPPLIER] < 0
    assert by_place[INVENTORY] < 0
    assert by_place[CUSTOMER] > 0
    assert by_place[SHELF_A] > 0


def test_some_shelves_are_empty_and_some_below_zero(stock: Stock) -> None:
    """The traps a reader must meet."""
    now = stock.world.now()
    levels = [level.units for key, level in stock.levels(now, now).items() if key in stock.places.targets]
    assert 0 in levels
    assert min(levels) < 0
    assert sum(stock.reserved(now).values()) > 0


def test_a_stock_taking_leaves_the_targets(stock: Stock) -> None:
    """On a closed Monday, right after the count; its differences are small against what is sold."""
    now = stock.world.now()
    monday = calendar.ordinal_of(date(2026, 1, 12))
    assert is_count(monday)
    levels = stock.levels(count_moment(stock.places, monday), now)
    assert {key: levels[key].units for key in stock.places.targets} == stock.places.targets
    counted = [
        line for line in done_lines(stock, range(monday, monday + 1)) if line.standing.transfer.inventory
    ]
    stores = {store_stock(store.index) for store in stock.world.shop.people.stores}
    differences = sum(line.done for line in counted if {line.move.source, line.move.dest} & stores)
    sold = sum(
        line.done for line in done_lines(stock, range(monday - 14, monday)) if line.move.source in stores
        and line.move.dest == CUSTOMER
    )  # fmt: skip
    assert 0 < differences < sold / 4


def test_sessions_are_stamped_the_night_after(stock: Stock) -> None:
    """Store 1 has one picking a session, on the next local day; store 2 has one an order, at its time."""
    world, now = stock.world, stock.world.now()
    day = calendar.ordinal_of(date(2026, 1, 15))
    sales = [
        one.transfer
        for one in stock.block(day, now).pickings
        if one.transfer.session_id and one.transfer.dest == CUSTOMER
    ]
    sessions = [one for one in sales if one.order_id is None]
    assert [one.done for one in sessions] == ["2026-01-15 18:15:00.000431"]
    assert calendar.days_of_text(sessions[0].done or "", world.tz) == day + 1
    singles = [one for one in sales if one.source == store_stock(1)]
    orders = {order.id: order for order in world.snapshot(day, now).orders}
    assert len(singles) > 5
    for one in singles:
        order = orders[one.order_id or 0]
        paid = (
            order.created
            if not order.steps or order.steps[0].changes.get("state") == "done"
            else order.steps[0].at
        )
        assert (one.done == paid) or order.invoiced
    total = sum(move.qty for one in sales for move in one.moves)
    expected = sum(
        line.qty for order in orders.values() if order.counted for line in order.lines if line.qty > 0
    )
    assert total == expected


GOODS = {4: Product(4, "A", "A", 0, 0, 3), 6: Product(6, "B", "B", 0, 0, 3)}
TIME, LATER, CLOSING = (
    "2026-01-15 03:00:00.100000",
    "2026-01-15 04:00:00.100000",
    "2026-01-15 18:15:00.000431",
)
DAY = calendar.ordinal_of(date(2026, 1, 15))


def order(
    seq: int,
    store: int,
    lines: list[tuple[int, int]],
    state: str = "paid",
    *steps: Step,
    invoiced: bool = False,
) -> Order:
    """Lines as (product, quantity)."""
    first = DAY * 131_072 + seq * 10
    rows = tuple(
        Line(first + n, seq, GOODS[product], qty, 0, 0, 0, 0, 0, None, TIME, TIME)
        for n, (product, qty) in enumerate(lines)
    )
    return Order(
        seq,
        DAY,
        store,
        seq,
        f"N{seq}",
        f"N{seq}",
        state,
        TIME[:19],
        TIME,
        TIME,
        2,
        None,
        rows,
        (),
        invoiced,
        steps=steps,
    )


def moved(transfers: list[Transfer]) -> list[tuple[str, int, int, dict[int, int]]]:
    return [
        (one.done or "", one.source, one.dest, {move.product.id: move.qty for move in one.moves})
        for one in transfers
    ]


def test_a_session_by_hand(stock: Stock) -> None:
    """Two sales and a return, a draft, a cancelled, an invoiced one and an edit after closing."""
    edit = Step("2026-01-16 05:00:00.000000", {"lines": ()})
    orders = [
        order(1, 0, [(4, 2), (6, 1)], "paid", edit),
        order(2, 0, [(4, 3), (6, -1)]),
        order(3, 0, [(4, 9)], "draft"),
        order(4, 0, [(4, 9)], "paid", Step(LATER, {"state": "cancel"})),
        order(5, 0, [(6, 7)], "invoiced", invoiced=True),
        order(6, 0, [(6, 4)], "draft", Step(LATER, {"state": "paid"})),
    ]
    own = store_stock(0)
    assert session_transfers(stock.places, DAY, orders, "2026-01-15 18:14:59") == []
    assert moved(session_transfers(stock.places, DAY, orders, "2026-02-01")) == [
        (CLOSING, own, CUSTOMER, {4: 5, 6: 5}),
        (CLOSING, CUSTOMER, own, {6: 1}),
    ]
    alone = order_transfers(stock.places, [planned_sale(one) for one in orders], "2026-02-01")
    assert moved(alone) == [(TIME, own, CUSTOMER, {6: 7})]


def test_single_orders_by_hand(stock: Stock) -> None:
    """In store 2 each order moves when it is paid, as it was then; an exchange moves both ways."""
    edit = Step(LATER, {"lines": ()})
    gone = Step("2026-01-15 05:00:00.000000", {"state": "cancel"})
    orders = [
        order(1, 1, [(4, 2), (4, 1), (6, -1)], "paid", edit, gone),
        order(2, 1, [(6, 4)], "draft", Step(LATER, {"state": "paid"})),
        order(3, 1, [(6, 4)], "draft", Step(LATER, {"state": "cancel"})),
    ]
    sales, own = [planned_sale(one) for one in orders], store_stock(1)
    assert moved(order_transfers(stock.places, sales, "2026-01-15 03:30:00")) == [
        (TIME, own, CUSTOMER, {4: 3}),
        (TIME, CUSTOMER, own, {6: 1}),
    ]
    assert moved(order_transfers(stock.places, sales, "2026-02-01"))[2:] == [(LATER, own, CUSTOMER, {6: 4})]
    assert session_transfers(stock.places, DAY, orders, "2026-02-01") == []


def test_live_sales_join_their_session_or_move_at_once(clock: TurnedClock) -> None:
    """A live sale of store 1 waits for closing; one of store 2, and one entered after closing, moves at once."""
    world = build_world(small(), clock)
    stock, today = stock_of(world), world.today()
    # On the wall it is half past ten: enough sales for both stores.
    live = [world.sell() for _ in range(12)]
    late = [world.sell("2026-01-18 05:00:00") for _ in range(6)]
    edited = next(one for one in live if not by_session(one.store))
    kept = sum(line.qty for line in edited.lines)
    world.edit(edited.id)
    singles = {one.transfer.order_id: one.transfer for one in stock.block(today, world.now()).pickings}
    assert {one.id for one in [*live, *late]} & set(singles) == {
        one.id for one in live if not by_session(one.store)
    } | {one.id for one in late}
    assert sum(move.qty for move in singles[edited.id].moves) == kept
    before = stock.levels(world.now(), world.now())
    clock.turn(hours=4)
    after = stock.levels(world.now(), world.now())
    session = next(
        one.transfer for one in stock.block(today, world.now()).pickings
        if one.transfer.session_id and one.transfer.order_id is None and one.transfer.dest == CUSTOMER
    )  # fmt: skip
    orders = [
        one
        for one in world.snapshot(today, session.done or "").orders
        if by_session(one.store) and not one.invoiced
    ]
    expected = sum(line.qty for one in orders if one.counted for line in one.lines if line.qty > 0)
    assert sum(move.qty for move in session.moves) == expected
    assert {one.id for one in live if by_session(one.store)} <= {one.id for one in orders}
    assert sum(level.units for key, level in after.items() if key[1] == store_stock(0)) < sum(
        level.units for key, level in before.items() if key[1] == store_stock(0)
    )


def test_levels_of_the_past_do_not_change(clock: TurnedClock) -> None:
    """What was asked at a moment is what is reconstructed for it later, live sales in between."""
    world = build_world(small(), clock)
    stock = stock_of(world)
    moment = world.now()
    then = stock.levels(moment, moment)
    for _ in range(5):
        clock.turn(hours=7)
        world.sell()
    again = stock.levels(moment, world.now())
    assert {key: again[key].units for key in again} == {key: then[key].units for key in then}


def test_a_longer_history_is_the_same_business(still_world: World) -> None:
    """The opening of a longer world leads to the same levels, counts included."""
    stock, now = stock_of(still_world), still_world.now()
    longer = stock_of(build_world(small(days=75), TurnedClock()))
    mine, theirs = stock.levels(now, now), longer.levels(now, now)
    assert {key: mine[key].units for key in stock.places.targets} == {
        key: theirs[key].units for key in stock.places.targets
    }
    day = still_world.days(now).start + 20
    assert [one.transfer for one in stock.block(day, now).standings] == [
        one.transfer for one in longer.block(day, now).standings
    ]


def test_every_kind_of_move_is_there(stock: Stock) -> None:
    """In forty days: receipts in dozens, returns both ways, transit in two moves on two days, scrap, production."""
    now = stock.world.now()
    lines = done_lines(stock, stock.world.days(now))
    ends = {(line.move.source, line.move.dest) for line in lines}
    own = store_stock(0)
    assert any(line.move.uom == DOZENS and line.move.source == SUPPLIER for line in lines)
    assert {(own, SCRAP), (CUSTOMER, own), (TRANSIT, own), (SHELF_A, CUSTOMER), (CUSTOMER, SHELF_A)} <= ends
    assert {(INVENTORY, own), (own, INVENTORY), (SHELF_A, TRANSIT), (SUPPLIER, SHELF_A)} <= ends
    finished = [line for line in lines if line.standing.transfer.production]
    assert finished
    bags = [line for line in lines if not stock.places.storable(line.move.product.id)]
    assert bags
    assert not {key for key in stock.levels(now, now) if key[0] == bags[0].move.product.id}


def test_returns_name_what_they_return(stock: Stock) -> None:
    """A return names the move it undoes: the same product, the other way, no more of it."""
    now = stock.world.now()
    moves = [line.move for line in done_lines(stock, stock.world.days(now))]
    known = {move.id: move for move in moves}
    pairs = [(move, known[move.returned_move]) for move in moves if move.returned_move in known]
    assert {move.source for move, _ in pairs} >= {CUSTOMER}
    assert SUPPLIER in {move.dest for move, _ in pairs}
    for move, original in pairs:
        assert (move.product, move.source, move.dest) == (original.product, original.dest, original.source)
        assert original.id < move.id


def test_unfinished_transfers_count_for_nothing(stock: Stock) -> None:
    """Assigned, draft and cancelled lines exist, some with a typed quantity; leftovers end three days later."""
    now, days = stock.world.now(), stock.world.days(stock.world.now())
    seen = {
        (line.standing.state, line.done > 0, line.reserved > 0)
        for day in days
        for line in stock.block(day, now).lines
    }
    assert {
        ("assigned", False, True),
        ("draft", True, False),
        ("cancel", True, False),
        ("done", True, False),
    } <= seen
    empty = [
        one
        for day in days
        for one in stock.block(day, now).pickings
        if one.state == "cancel" and not lines_of(one)
    ]
    assert empty
    transfer = next(
        one.transfer for day in days for one in stock.block(day, now).pickings
        if one.state == "cancel" and one.transfer.cancelled and one.transfer.cancelled[:10] > one.transfer.created[:10]
    )  # fmt: skip
    assert stand(transfer, transfer.created).state == "assigned"
    assert date.fromisoformat((transfer.cancelled or "")[:10]) - date.fromisoformat(
        transfer.created[:10]
    ) == timedelta(3)


def test_ids_are_unique_and_of_their_day(stock: Stock) -> None:
    """Moves, lines and pickings: no id twice, and none outside its day's block."""
    now = stock.world.now()
    for day in stock.world.days(now):
        block = stock.block(day, now)
        for rows, stride in ((block.moves, 262_144), (block.lines, 262_144), (block.pickings, 65_536)):
            ids = [row.id for row in rows]
            assert len(ids) == len(set(ids))
            assert {one // stride for one in ids} <= {day}


def test_split_and_lots(stock: Stock) -> None:
    """Nearly equal parts, and lot products are kept by lot everywhere."""
    assert [split(5, 2), split(1, 2), split(0, 2)] == [[3, 2], [1, 0], [0, 0]]
    places: Places = stock.places
    lotted = [number for number in places.items if places.lots(number)]
    assert lotted
    now = stock.world.now()
    lots = {key[2] for key in stock.levels(now, now) if key[0] == lotted[0]}
    assert lots == set(places.lots(lotted[0]))
    moves = [line.move for line in done_lines(stock, range(DAY, DAY + 1)) if line.move.product.id in lotted]
    assert any(len(move.shares) == 2 for move in moves)
    assert all(sum(share.qty for share in move.shares) == move.qty for move in moves)
