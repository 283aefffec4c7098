"""Questions to a small lake, without HTTP: a serving store filled from it, and a look at it.

with asked(tmp_path, lambda lake: lake.sales(DAY, sale(1, 50.0))) as ask:
    ask(lambda look: kpi_values(look, SALES_KPIS, window, Filters(source="pos"), context()))
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from nk_query_api.questions.context import Context
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.snapshot import Snapshot, snapshot
from nk_query_api.serving.store import ServingStore
from support.lake_factory import LakeFactory

T = TypeVar("T")
JAKARTA = ZoneInfo("Asia/Jakarta")
Ask = Callable[[Callable[[Snapshot], T]], T]


def context(now: str = "2025-12-24T12:00", **other: Any) -> Context:
    """Noon of the day before Christmas, unless told otherwise."""
    return Context(now=datetime.fromisoformat(now), zone=JAKARTA, currency="IDR", **other)


def days(text: str) -> Window:
    """`2025-12-23`, or `2025-12-01..2025-12-23`."""
    start, _, end = text.partition("..")
    return whole_days(date.fromisoformat(start), date.fromisoformat(end or start))


@contextmanager
def filled_store(folder: Path, fill: Callable[[LakeFactory], object]) -> Iterator[ServingStore]:
    """A serving store of the lake that `fill` writes."""
    lake = LakeFactory(folder / "lake")
    fill(lake)
    store = ServingStore(folder / "serving.duckdb", lake.root)
    store.open()
    store.scan()
    try:
        yield store
    finally:
        store.close()


def look_at(store: ServingStore, question: Callable[[Snapshot], T]) -> T:
    """The answer of one question."""
    with snapshot(store.cursor(), threading.Event(), store.known) as look:
        return question(look)


@contextmanager
def asked(folder: Path, fill: Callable[[LakeFactory], object]) -> Iterator[Ask[Any]]:
    """Answers from a lake that `fill` writes."""
    with filled_store(folder, fill) as store:
        yield lambda question: look_at(store, question)
