"""Whatever moves, and whenever snapshots are taken: begin and effects are the end."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from nk_query_api.questions.context import Context
from nk_query_api.questions.inventory.listing import Page
from nk_query_api.questions.inventory.reconciliation import reconciliation
from nk_query_api.questions.inventory.scope import Scope
from nk_query_api.questions.windows import whole_days
from nk_query_api.serving.snapshot import snapshot
from nk_query_api.serving.store import ServingStore
from support.lake_factory import LakeFactory
from support.stock_lake import (
    CUSTOMERS,
    LOSSES,
    SHOP,
    TRANSIT,
    USAGES,
    VENDORS,
    WAREHOUSE,
    dimensions,
    move,
    moves,
)
from support.stock_lake import snapshot as stock_of

FIRST = date(2025, 11, 29)
"""Over the end of a month: whole months come from other tables than days."""
DAYS = 5
KINDS = {
    (VENDORS, "in"): "incoming", (CUSTOMERS, "in"): "return_in", (LOSSES, "in"): "adjustment",
    (VENDORS, "out"): "return_out", (CUSTOMERS, "out"): "outgoing", (LOSSES, "out"): "adjustment",
}  # fmt: skip
PLACES = (WAREHOUSE, SHOP, TRANSIT)
Moved = tuple[int, int, int, int, int, int]
"""Day, minute of the day, product, source, destination, quantity."""

MOVED = st.tuples(
    st.integers(0, DAYS - 1), st.integers(0, 24 * 60 - 1), st.integers(1, 3), st.sampled_from(sorted(USAGES)),
    st.sampled_from(sorted(USAGES)), st.integers(1, 9),
)  # fmt: skip


def kind_of(source: int, dest: int) -> str:
    """As far as it matters here; all others are transfers."""
    into, out = USAGES[dest] == "internal", USAGES[source] == "internal"
    if into and not out:
        return KINDS.get((source, "in"), "transfer")
    return KINDS.get((dest, "out"), "transfer") if out and not into else "transfer"


def write(lake: LakeFactory, moved: list[Moved], taken: tuple[int, int]) -> None:
    """Snapshots of the first and the last day, taken at these minutes, and the moves of all days."""
    dimensions(lake)
    for n in range(DAYS):
        rows = [
            move(
                kind_of(source, dest), product, quantity, source, dest, f"{minute // 60:02}:{minute % 60:02}"
            )
            for day, minute, product, source, dest, quantity in moved
            if day == n
        ]
        moves(lake, FIRST + timedelta(days=n), *rows)
    for n, minute in zip((0, DAYS - 1), taken, strict=True):
        heaps = Counter[tuple[int, int]]()
        for day, at, product, source, dest, quantity in moved:
            if (day, at) < (n, minute):
                heaps[product, source] -= quantity
                heaps[product, dest] += quantity
        stock = [(product, place, float(q)) for (product, place), q in heaps.items() if place in PLACES and q]
        stock_of(lake, FIRST + timedelta(days=n), f"{minute // 60:02}:{minute % 60:02}", *sorted(stock))


@settings(max_examples=15, deadline=None)
@given(
    moved=st.lists(MOVED, max_size=25),
    taken=st.tuples(st.integers(0, 1439), st.integers(0, 1439)),
    transit=st.booleans(),
    place=st.sampled_from([None, WAREHOUSE, SHOP]),
)
def test_begin_and_effects_are_the_end(
    moved: list[Moved], taken: tuple[int, int], transit: bool, place: int | None
) -> None:
    """For every product and in total, of all places and of one."""
    scope = Scope(("internal", "transit") if transit else ("internal",), locations=(place,) if place else ())
    context = Context(datetime.combine(date(2025, 12, 24), time(12)), ZoneInfo("Asia/Jakarta"), "IDR")
    window = whole_days(FIRST + timedelta(days=1), FIRST + timedelta(days=DAYS - 1))
    with tempfile.TemporaryDirectory() as folder:
        lake = LakeFactory(Path(folder) / "lake")
        write(lake, [one for one in moved if one[3] != one[4]], taken)
        store = ServingStore(Path(folder) / "serving.duckdb", lake.root)
        store.open()
        store.scan()
        with snapshot(store.cursor(), threading.Event()) as look:
            answer = reconciliation(look, window, scope, Page("unexplained", limit=1000), context)
        store.close()
    if answer.missing_moves:
        # Nothing was held when a snapshot was taken, so nothing says when that was.
        assert answer.values["unexplained"] is None
        return
    assert (answer.values["unexplained"], answer.differing) == (0.0, 0)
    for row in answer.rows:
        begin, end = row.values["begin_on_hand"], row.values["end_on_hand"]
        assert begin is not None
        assert begin + sum(effect or 0 for effect in row.effects.values()) == end
