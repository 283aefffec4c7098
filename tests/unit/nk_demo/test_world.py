"""The world: the same for the same knobs, whatever is asked first and however much history there is."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from nk_demo.world import calendar
from nk_demo.world.records import Order
from nk_demo.world.world import World, build_world

from .conftest import NOW, TurnedClock, small

JAKARTA = ZoneInfo("Asia/Jakarta")


def orders(world: World) -> list[Order]:
    now = world.now()
    return [order for day in world.snapshots(world.days(now), now) for order in day.orders]


def test_a_day_is_the_same_in_any_world_of_the_seed(still_world: World) -> None:
    """Longer history, another order of questions: same ids, same content."""
    other = build_world(small(days=90), TurnedClock())
    now = other.now()
    assert now == still_world.now()
    for day in reversed(still_world.days(now)):
        assert other.snapshot(day, now).orders == still_world.snapshot(day, now).orders


def test_yesterday_stays_when_today_comes() -> None:
    """Ids of a past day do not move with the clock."""
    before, after = TurnedClock(NOW - timedelta(days=9)), TurnedClock(NOW)
    early, late = build_world(small(), before), build_world(small(), after)
    day = calendar.ordinal_of(date(2026, 1, 3))
    settled = early.snapshot(day, early.now()).orders
    assert settled
    assert settled == late.snapshot(day, late.now()).orders


def test_another_seed_is_another_business(still_world: World) -> None:
    """Not a shifted one."""
    other = build_world(small(seed=8), TurnedClock())
    day = still_world.today() - 3
    mine, theirs = (world.snapshot(day, world.now()).orders for world in (still_world, other))
    assert [order.total for order in mine] != [order.total for order in theirs]


def test_ids_grow_with_the_days_and_fit_32_bits(still_world: World) -> None:
    """Until 2060 at least, for every model."""
    found = orders(still_world)
    assert [order.id for order in found] == sorted({order.id for order in found})
    assert (calendar.ordinal_of(date(2060, 1, 1)) + 1) * 131_072 < 2**31


def test_any_thirty_days_hold_a_closed_one() -> None:
    """And a closed day has no order at all."""
    closed = [
        day for day in (date(2024, 1, 1) + timedelta(days=n) for n in range(1_500)) if calendar.is_closed(day)
    ]
    gaps = [(later - earlier).days for earlier, later in pairwise(closed)]
    assert max(gaps) <= 30
    world = build_world(small(), TurnedClock())
    inside = [day for day in map(calendar.date_of, world.days(world.now())) if calendar.is_closed(day)]
    assert inside
    assert all(not world.snapshot(calendar.ordinal_of(day), world.now()).orders for day in inside)


def test_month_ends_sell_to_the_last_second(still_world: World) -> None:
    """23:59:59 on the last day, 00:00:00 on the first; every open day has sales just before and after midnight."""
    for day, expected in (
        (date(2025, 12, 31), "2025-12-31 16:59:59"),
        (date(2026, 1, 1), "2025-12-31 17:00:00"),
    ):
        found = still_world.snapshot(calendar.ordinal_of(day), still_world.now()).orders
        assert expected in {order.ordered for order in found}
    for day in (date(2026, 1, 9), date(2026, 1, 15)):
        times = [
            order.ordered
            for order in still_world.snapshot(calendar.ordinal_of(day), still_world.now()).orders
        ]
        local = [datetime.fromisoformat(one).replace(tzinfo=UTC).astimezone(JAKARTA) for one in times]
        assert {one.date() for one in local} == {day}
        assert min(local).hour == 0
        assert (max(local).hour, max(local).minute >= 58) == (23, True)


def test_amounts_hold_together(still_world: World) -> None:
    """Payments make up the total of every counted order; taxes and extra discounts stay within their lines."""
    for order in orders(still_world):
        assert order.paid == (
            order.total if order.counted or (order.state == "cancel" and order.payments) else 0
        )
        for line in order.lines:
            assert abs(line.untaxed) <= abs(line.incl)
            assert 0 <= line.extra * (1 if line.qty > 0 else -1) <= abs(line.incl)


def test_refunds_give_back_a_line_of_an_earlier_day_once() -> None:
    """Same store, same product, turned amounts, named after the order; no line twice."""
    world = build_world(small(orders_per_day=150, days=25), TurnedClock())
    found = {order.id: order for order in orders(world)}
    returned = [(order, line) for order in found.values() for line in order.lines if line.refunded_line]
    assert len(returned) > 20
    assert max(Counter(line.refunded_line for _, line in returned).values()) == 1
    for order, line in returned:
        original = found.get(order.refunded_orders[0])
        if original is None:
            assert order.day < world.start + 7
            continue
        source = next(one for one in original.lines if one.id == line.refunded_line)
        assert (source.incl, source.untaxed, source.extra) == (-line.incl, -line.untaxed, -line.extra)
        assert original.day < order.day
        assert original.store == order.store
        assert order.name == f"{original.name} REFUND"


def test_the_mix_of_a_month_has_every_kind() -> None:
    """Drafts, cancelled, invoiced, exchanges, change rows, split payments, late-paid and later-edited orders."""
    world = build_world(small(orders_per_day=150), TurnedClock())
    found = orders(world)
    states = Counter(order.state for order in found)
    assert set(states) == {"paid", "done", "invoiced", "draft", "cancel"}
    assert all((order.name == "/") == (order.state in {"draft", "cancel"}) for order in found)
    assert any({line.qty > 0 for line in order.lines} == {True, False} for order in found)
    assert any(row.is_change for order in found for row in order.payments)
    assert any(len({row.method_id for row in order.payments}) == 2 for order in found)
    assert any(order.payments and order.payments[0].paid > order.ordered for order in found)
    days_later = [calendar.date_of(order.day) + timedelta(days=2) for order in found]
    edited = [order for order, day in zip(found, days_later, strict=True) if order.written > day.isoformat()]
    assert edited
    assert all(order.partner_id for order in edited)
    extras = [line.extra for order in found for line in order.lines]
    assert 0.03 < sum(1 for extra in extras if extra) / len(extras) < 0.07
    shares = sum(1 for order in found if order.refunded_orders) / len(found)
    assert 0.008 < shares < 0.02


def test_today_unfolds_with_the_clock(world: World, clock: TurnedClock) -> None:
    """Orders appear when their time comes, and are closed the night after."""
    clock.moment = NOW.replace(hour=3)
    morning = {order.id: order.state for order in world.snapshot(world.today(), world.now()).orders}
    clock.moment = NOW
    evening = {order.id: order.state for order in world.snapshot(world.today(), world.now()).orders}
    assert 0 < len(morning) < len(evening)
    assert set(morning) < set(evening)
    assert "done" not in evening.values()
    clock.turn(days=1)
    night = {order.id: order for order in world.snapshot(world.today() - 1, world.now()).orders}
    assert "paid" not in {order.state for order in night.values()}
    assert all(order.written > order.created for order in night.values() if order.state == "done")


def test_a_draft_becomes_paid_later() -> None:
    """A tab opened before it is paid is a draft in between, without payments."""
    clock = TurnedClock(NOW + timedelta(days=2))
    world = build_world(small(orders_per_day=200), clock)
    for day in range(world.today() - 20, world.today() - 1):
        late = [
            one
            for one in world.snapshot(day, world.now()).orders
            if one.payments and one.payments[0].created > one.created
        ]
        if late:
            break
    order = late[0]
    clock.moment = datetime.fromisoformat(order.created).replace(tzinfo=UTC)
    draft = world.order(order.id, world.now())
    assert draft is not None
    assert (draft.state, draft.name, draft.payments, draft.id) == ("draft", "/", (), order.id)
    assert draft.lines == order.lines


@pytest.mark.parametrize("tz", ["America/New_York", "Europe/Berlin", "Pacific/Kiritimati"])
def test_days_are_local_also_where_clocks_change(tz: str) -> None:
    """Every order lies in its own local day."""
    clock = TurnedClock(datetime(2026, 4, 5, 12, tzinfo=UTC))
    world = build_world(small(tz=tz, days=35, orders_per_day=10), clock)
    for order in orders(world):
        local = datetime.fromisoformat(order.ordered).replace(tzinfo=UTC).astimezone(world.tz)
        assert calendar.ordinal_of(local.date()) == order.day


def test_knobs_size_the_world() -> None:
    """Stores, customers and products are as many as asked for, and used."""
    world = build_world(small(stores=4, products=30, customers=5), TurnedClock())
    found = orders(world)
    assert {order.store for order in found} == {0, 1, 2, 3}
    assert len(world.shop.catalogue.items) == 30
    assert {order.partner_id for order in found} <= {None, *range(101, 106)}
    assert not orders(build_world(small(orders_per_day=0), TurnedClock()))
