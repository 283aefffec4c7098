"""What happens to orders in Odoo, and that exactly the days it touches are asked for; against the demo Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from nk_common.datasets.base import PartitionKey
from nk_common.events.topics import EXTRACT_REQUESTED
from nk_extractor.watch import ChangeWatch
from nk_extractor.watch.known import Known
from support.demo_lake import DemoLake, demo_lake

DAYS = [date(2026, 1, day) for day in range(5, 11)]
"""The window: six days up to the 10th, at noon in Jakarta. The 12th of January 2026 is a Monday."""


@pytest.fixture
def lake(parts: Any, tmp_path: Path) -> Iterator[DemoLake]:
    with demo_lake(parts.writer, parts.clock, tmp_path / "lake") as lake:
        lake.load(*(PartitionKey("pos", day) for day in DAYS))
        yield lake


@pytest.fixture
async def watch(parts: Any, lake: DemoLake) -> ChangeWatch:
    """After its first look, so that only what a test does is news."""
    watch = ChangeWatch(lake.settings, lake.client, parts.reader, parts.writer, parts.planner, parts.clock)
    await watch.once()
    parts.clock.tick(seconds=60)
    parts.bus.sent.clear()
    lake.calls.clear()
    return watch


async def asked(parts: Any, watch: ChangeWatch, dataset: str = "pos") -> set[str]:
    """Days of one dataset asked for by the next look."""
    parts.clock.tick(seconds=15)
    await watch.once()
    await parts.dispatcher.once()
    keys = [sent.key or "" for sent in parts.bus.on(EXTRACT_REQUESTED)]
    parts.bus.sent.clear()
    assert len(keys) == len(set(keys)), "each day is asked for once"
    return {key for key in keys if key.startswith(f"{dataset}|")}


def order_of(lake: DemoLake, day: date) -> int:
    return lake.orders(day)[0]


async def test_a_quiet_look_is_cheap(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    """One call per model for changes, and one per dataset for the count of its loaded days: eight."""
    for dataset in ("invoice-sales", "purchases", "inventory-moves"):
        lake.load(*(PartitionKey(dataset, day) for day in DAYS))
    await asked(parts, watch)
    lake.calls.clear()
    assert await asked(parts, watch) == set()
    assert lake.calls == [
        ("pos.order", "search_read"),
        ("pos.order", "search_count"),
        ("account.move", "search_read"),
        ("account.move", "search_count"),
        ("account.move", "search_count"),
        ("stock.move.line", "search_read"),
        ("stock.move.line", "search_count"),
        ("stock.quant", "search_read"),
    ]


async def test_an_edit(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    lake.server.world.edit(order_of(lake, DAYS[2]))
    assert await asked(parts, watch) == {"pos|2026-01-07"}
    assert await asked(parts, watch) == set()


async def test_a_cancellation(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    lake.server.world.cancel(order_of(lake, DAYS[2]))
    assert await asked(parts, watch) == {"pos|2026-01-07"}
    assert await asked(parts, watch) == set()


async def test_a_new_date_touches_both_days(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    """The former day is known from the lake alone: the order itself has forgotten it."""
    order = order_of(lake, DAYS[1])
    lake.server.world.redate(order, "2026-01-09T10:00:00+07:00")
    assert await asked(parts, watch) == {"pos|2026-01-06", "pos|2026-01-09"}
    assert order in lake.orders(DAYS[4])
    assert await asked(parts, watch) == set()


@pytest.mark.parametrize("entered_later", [False, True])
async def test_a_new_date_touches_a_loaded_day_before_the_window(
    entered_later: bool, parts: Any, lake: DemoLake, watch: ChangeWatch
) -> None:
    """Also of an order that was entered today with an old date, and when the new day was refreshed before the look."""
    world, old = lake.server.world, date(2026, 1, 2)
    order = world.sell("2026-01-02T10:00:00+07:00").id if entered_later else order_of(lake, old)
    lake.load(PartitionKey("pos", old), PartitionKey("pos", date(2026, 1, 3)))
    await asked(parts, watch)
    world.redate(order, "2026-01-09T10:00:00+07:00")
    lake.load(PartitionKey("pos", DAYS[4]))
    assert await asked(parts, watch) == {"pos|2026-01-02", "pos|2026-01-09"}
    assert await asked(parts, watch) == set()


async def test_a_new_sale_looks_into_no_day_before_the_window(
    parts: Any, lake: DemoLake, watch: ChangeWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.load(PartitionKey("pos", date(2026, 1, 2)))
    looked_at: list[date] = []
    real = Known.ids

    def noted(self: Known, day: date) -> Any:
        looked_at.append(day)
        return real(self, day)

    monkeypatch.setattr(Known, "ids", noted)
    lake.server.world.sell()
    assert await asked(parts, watch) == {"pos|2026-01-10"}
    assert date(2026, 1, 2) not in looked_at
    assert DAYS[0] in looked_at


async def test_a_deletion(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    """Nothing is written of it; the counts differ. The day is found by halves, and is asked for once."""
    lake.server.world.delete(order_of(lake, DAYS[3]))
    lake.calls.clear()
    assert await asked(parts, watch) == {"pos|2026-01-08"}
    pos = [method for model, method in lake.calls if model == "pos.order"]
    # The whole window, then 3+3 days, 1+2 of those, 1+1 of those: at most 1 + 2 * 3 counts, and one day's ids.
    assert pos.count("search") == 1
    assert pos.count("search_count") <= 7
    assert await asked(parts, watch) == set(), "the day is on its way"


async def test_what_was_deleted_leaves_the_lake(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    lake.server.world.delete(order_of(lake, DAYS[3]))
    await asked(parts, watch)
    lake.load(PartitionKey("pos", DAYS[3]))
    lake.calls.clear()
    assert await asked(parts, watch) == set()
    assert [m for model, m in lake.calls if model == "pos.order"] == ["search_read", "search_count"]


async def test_a_sale_that_is_loaded_is_no_miscount(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    """Asked for by its write date, not by the count as well; loaded, the counts agree again."""
    lake.server.world.sell()
    assert await asked(parts, watch) == {"pos|2026-01-10"}
    lake.load(PartitionKey("pos", DAYS[5]))
    assert await asked(parts, watch) == set()


async def test_a_sale_moves_stock_of_today(parts: Any, lake: DemoLake, watch: ChangeWatch) -> None:
    lake.server.world.sell()
    assert await asked(parts, watch, "stock-quants") == {"stock-quants|2026-01-10"}


async def test_a_model_that_may_not_be_read_stops_no_other(
    parts: Any, lake: DemoLake, watch: ChangeWatch
) -> None:
    """It is said once; orders are still watched."""
    lake.server.control.post("/demo/faults", {"rules": [{"kind": "refused_model", "model": "account.move"}]})
    lake.server.world.edit(order_of(lake, DAYS[2]))
    with capture_logs() as said:
        assert await asked(parts, watch) == {"pos|2026-01-07"}
        await asked(parts, watch)
    refused = [entry["model"] for entry in said if entry["event"] == "changes of this model are not seen"]
    assert refused == ["account.move"]
