"""Live actions: what they change, and that a journal brings them back."""

from datetime import date
from pathlib import Path

import pytest

from nk_demo.totals import day_totals
from nk_demo.world import calendar
from nk_demo.world.journal import JournalError
from nk_demo.world.live import LiveError
from nk_demo.world.world import World, build_world

from .conftest import NOW, TurnedClock, asker, small


def everything(world: World) -> list[object]:
    now = world.now()
    return [order for day in world.snapshots(world.days(now), now) for order in day.orders]


def test_a_sale_is_visible_at_once(world: World) -> None:
    """With a time of now, paid, and settled by its payments."""
    order = world.sell()
    assert world.order(order.id, world.now()) == order
    assert (order.state, order.ordered, order.paid) == ("paid", "2026-01-20 15:30:00", order.total)
    assert order.id > max(one.id for one in world.snapshot(world.today() - 1, world.now()).orders)


def test_a_backdated_sale_is_written_now(world: World) -> None:
    """It belongs to its receipt's day, and only its write date tells that it came late."""
    order = world.sell("2026-01-07T00:30:00+07:00")
    assert order.day == calendar.ordinal_of(date(2026, 1, 7))
    assert (order.ordered, order.written[:19], order.state) == (
        "2026-01-06 17:30:00",
        "2026-01-20 15:30:00",
        "done",
    )


@pytest.mark.parametrize("at", ["2026-01-21T00:00:00+07:00", "2020-01-01T00:00:00", "yesterday"])
def test_a_sale_lies_in_the_world(at: str, world: World) -> None:
    """Not in the future, not before the history, and at a readable time."""
    with pytest.raises(LiveError):
        world.sell(at)


def test_an_edit_changes_a_line_and_its_order(world: World, clock: TurnedClock) -> None:
    """Amounts, payments and write dates move together; what was before is still there for an earlier moment."""
    before = next(one for one in world.snapshot(world.today() - 5, world.now()).orders if one.state == "done")
    then = world.now()
    clock.turn(minutes=1)
    after = world.edit(before.id)
    assert after.total != before.total
    assert after.paid == after.total
    assert after.written > before.written
    changed = [line for line, old in zip(after.lines, before.lines, strict=True) if line != old]
    assert [line.written for line in changed] == [after.written]
    earlier = world.order(before.id, then)
    assert earlier is not None
    assert (earlier.lines, earlier.payments, earlier.written) == (
        before.lines,
        before.payments,
        before.written,
    )


def test_a_cancelled_order_stays_cancelled(world: World, clock: TurnedClock) -> None:
    """Closing the session later does not bring it back, and it cannot be cancelled twice."""
    order = world.snapshot(world.today(), world.now()).orders[-1]
    counted = day_totals(world, calendar.date_of(order.day)).all
    assert world.cancel(order.id).state == "cancel"
    now_counted = day_totals(world, calendar.date_of(order.day)).all
    assert now_counted.orders == counted.orders - 1
    clock.turn(days=2)
    found = world.order(order.id, world.now())
    assert found is not None
    assert found.state == "cancel"
    with pytest.raises(LiveError):
        world.cancel(order.id)


def test_a_new_date_moves_an_order_to_another_day(world: World, clock: TurnedClock) -> None:
    """With its lines, in every answer; its id stays, and the day it left has one order less."""
    ask = asker(world)
    order = next(one for one in world.snapshot(world.today() - 5, world.now()).orders if one.state == "done")
    left, reached = calendar.date_of(order.day), calendar.date_of(order.day + 2)
    before = {day: day_totals(world, day).all.orders for day in (left, reached)}
    clock.turn(minutes=1)
    moved = world.redate(order.id, f"{reached}T10:00:00+07:00")
    assert (moved.id, moved.ordered, moved.written > order.written) == (order.id, f"{reached} 03:00:00", True)
    assert {day: day_totals(world, day).all.orders for day in (left, reached)} == {
        left: before[left] - 1,
        reached: before[reached] + 1,
    }
    within = [["date_order", ">=", f"{reached} 02:59:00"], ["date_order", "<", f"{reached} 03:01:00"]]
    assert order.id in ask("pos.order", "search", within)
    lines = ask("pos.order.line", "search", [[f"order_id.{leaf[0]}", *leaf[1:]] for leaf in within])
    assert {line.id for line in order.lines} <= set(lines)
    newest = ask("pos.order", "search", [], order="date_order desc, id desc")
    dates = [row["date_order"] for row in ask("pos.order", "read", newest, ["date_order"])]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("at", ["2026-01-21T00:00:00+07:00", "2020-01-01T00:00:00", "yesterday"])
def test_a_new_date_lies_in_the_world(at: str, world: World) -> None:
    order = world.snapshot(world.today() - 5, world.now()).orders[0]
    with pytest.raises(LiveError):
        world.redate(order.id, at)


def test_a_deleted_order_is_gone(world: World, clock: TurnedClock) -> None:
    """With its lines and payments; it was there the moment before."""
    ask = asker(world)
    order = next(one for one in world.snapshot(world.today() - 5, world.now()).orders if one.state == "done")
    then = world.now()
    clock.turn(minutes=1)
    assert world.delete(order.id).id == order.id
    assert ask("pos.order", "search", [["id", "=", order.id]]) == []
    assert ask("pos.order.line", "search", [["order_id", "=", order.id]]) == []
    assert ask("pos.payment", "search", [["pos_order_id", "=", order.id]]) == []
    assert world.order(order.id, then) is not None
    with pytest.raises(LiveError):
        world.delete(order.id)


def test_a_journal_brings_new_dates_and_deletions_back(tmp_path: Path) -> None:
    clock, path = TurnedClock(), tmp_path / "journal.jsonl"
    world = build_world(small(), clock, path)
    first, second = [one for one in world.snapshot(world.today() - 5, world.now()).orders if one.counted][:2]
    world.redate(first.id, "2026-01-18T10:00:00+07:00")
    world.delete(second.id)
    again = build_world(small(), clock, path)
    assert everything(again) == everything(world)
    assert again.redated == {first.day}


def test_live_mode_mostly_sells(world: World, clock: TurnedClock) -> None:
    """And sometimes edits or cancels; the same seed acts the same."""
    twin = build_world(small(), TurnedClock())
    actions = []
    for _ in range(60):
        clock.turn(seconds=5)
        action, order = world.act()
        actions.append(action)
        assert order.id
    assert actions.count("sell") > 35
    assert {"edit", "cancel"} <= set(actions)
    assert [twin.act()[0] for _ in range(5)] == actions[:5]


def test_a_journal_brings_the_business_back(tmp_path: Path) -> None:
    """After a restart, also on a later day: same orders, same start of history."""
    clock, path = TurnedClock(), tmp_path / "state" / "journal.jsonl"
    world = build_world(small(), clock, path)
    for _ in range(40):
        clock.turn(seconds=5)
        world.act()
    again = build_world(small(), TurnedClock(clock.moment), path)
    assert everything(again) == everything(world)
    clock.turn(days=3)
    later = build_world(small(days=10), TurnedClock(clock.moment), path)
    assert later.start == world.start
    assert everything(later) == everything(world)
    assert later.sell().id not in {order.id for order in everything(world)}  # type: ignore[attr-defined]


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    """A crash in the middle of a write costs that action only."""
    path = tmp_path / "journal.jsonl"
    world = build_world(small(), TurnedClock(), path)
    kept = world.sell()
    lost = world.sell()
    path.write_bytes(path.read_bytes()[:-20])
    again = build_world(small(), TurnedClock(), path)
    assert again.order(kept.id, again.now()) == kept
    assert again.order(lost.id, again.now()) is None
    assert again.sell() == lost
    assert len(build_world(small(), TurnedClock(NOW), path).journal.entries) == 2


@pytest.mark.parametrize("content", ['{"nk_demo":1,"seed":99,"start":1}\n', "hello\n", "{}\n"])
def test_a_strange_journal_is_refused(content: str, tmp_path: Path) -> None:
    """It would change other orders."""
    path = tmp_path / "journal.jsonl"
    path.write_text(content)
    with pytest.raises(JournalError):
        build_world(small(), TurnedClock(), path)


def test_a_busy_live_day_stays_quick(world: World, clock: TurnedClock) -> None:
    """Thousands of actions cost each other nothing: an action applies itself, not all those before it."""
    from time import perf_counter

    for _ in range(1_500):
        clock.turn(seconds=1)
        world.act()
    began = perf_counter()
    for _ in range(5):
        world.sell()
    assert (perf_counter() - began) / 5 < 0.1


def test_the_change_watch_finds_what_live_mode_did_to_old_days(world: World, clock: TurnedClock) -> None:
    """By write date: an edited order of last month with its line, and a sale that came in late."""
    ask = asker(world)
    old = next(one for one in world.snapshot(world.today() - 30, world.now()).orders if one.state == "done")
    watermark = world.now()[:19]
    clock.turn(minutes=1)
    edited, late = world.edit(old.id), world.sell("2026-01-02T10:00:00+07:00")
    asked = [["write_date", ">", watermark]]
    found = ask("pos.order", "search", asked, order="write_date, id")
    assert {edited.id, late.id} <= set(found)
    lines = ask("pos.order.line", "search", [["write_date", ">=", watermark]])
    changed = {line.id for line in edited.lines if line.written == edited.written}
    assert {line.id for line in late.lines} | changed <= set(lines)
    assert ask("pos.order", "read_group", asked, ["write_date:max"], [])[0]["write_date"] == late.written[:19]
