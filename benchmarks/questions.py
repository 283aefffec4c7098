"""How long KPI questions take, in process and warm: `python -m benchmarks questions-s|questions-m|questions-l`.

Every question is asked as a request asks it: a cursor and a snapshot of its own, the answer as JSON.
"""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pydantic import BaseModel
from rich.console import Group
from rich.table import Table

from benchmarks import other_questions
from benchmarks.other_questions import CONTEXT, Question
from benchmarks.scale_world import LAST_DAY, L, M, S, Scale
from benchmarks.serving_file import open_store, timed_rebuild
from nk_query_api.kpis import kpi_called
from nk_query_api.kpis.dimensions import DIMENSIONS, dimension
from nk_query_api.kpis.profit import PROFIT_KPIS
from nk_query_api.kpis.sales import SALES_KPIS
from nk_query_api.questions.breakdown import Listing, Split, by_dimension
from nk_query_api.questions.filters import Filters
from nk_query_api.questions.heatmap import heatmap
from nk_query_api.questions.summary import summary
from nk_query_api.questions.trend import trend
from nk_query_api.questions.windows import Window, whole_days
from nk_query_api.serving.snapshot import Snapshot, snapshot
from nk_query_api.serving.store import ServingStore

ROUNDS = 15
RANGES = (1, 30, 365)
AGGREGATE_MS, WORST_MS, DETAIL_MS = 12.0, 25.0, 60.0

NOBODY = Filters()
FILTERS: dict[str, Filters] = {
    "store": Filters(stores=(2,)),
    "category": Filters(product_groups={"category": (12,)}),
    "brand": Filters(product_groups={"brand": (7,)}),
    "product": Filters(product_groups={"product": (33,)}),
    "cashier": Filters(cashiers=(3,)),
    "customer": Filters(customers=(120,)),
    "payment method": Filters(payment_methods=(2,)),
    "hours 10-14": Filters(hours=(10, 14)),
    "store + brand": Filters(stores=(2,), product_groups={"brand": (7,)}),
    "customer + store": Filters(customers=(120,), stores=(2,)),
}
DETAILS: dict[str, Filters] = {
    "two categories, counted one by one": Filters(product_groups={"category": (12, 9)}),
    "cashier + brand": Filters(cashiers=(3,), product_groups={"brand": (7,)}),
    "hours + category": Filters(hours=(10, 14), product_groups={"category": (12,)}),
}


def _split(slug: str, filters: Filters = NOBODY) -> Question:
    def ask(look: Snapshot, window: Window) -> BaseModel:
        split = Split(dimension(slug), (), window, filters, "none", Listing(limit=50))
        return by_dimension(look, split, CONTEXT)

    return ask


def _summary(filters: Filters = NOBODY, compare: str = "none") -> Question:
    return lambda look, window: summary(look, SALES_KPIS, window, filters, compare, CONTEXT)  # type: ignore[arg-type]


def _trend(filters: Filters = NOBODY, kpi: str = "revenue", grain: str = "day") -> Question:
    return lambda look, window: trend(look, kpi_called(kpi), window, filters, grain, "none", CONTEXT)  # type: ignore[arg-type]


OVERVIEW = _summary(compare="previous")
"""What the Overview page asks first: every KPI card, beside the period before."""

SALES_PAGE: dict[str, Question] = {
    "KPI cards, compared": OVERVIEW,
    "trend by day": _trend(),
    "by category and brand": _split("category-brand"),
    "hour x weekday": lambda look, window: heatmap(
        look, kpi_called("revenue"), window, NOBODY, "weekday", CONTEXT
    ),
    "payment mix": _split("payment-method"),
    "top products": _split("product"),
}
AGGREGATES: dict[str, Question] = {
    **SALES_PAGE,
    "trend by month": _trend(grain="month"),
    "trend of gross profit": _trend(kpi="gross_profit"),
    "trend of transactions": _trend(kpi="transactions"),
    "profit KPIs, compared": lambda look, window: summary(
        look, PROFIT_KPIS, window, NOBODY, "previous", CONTEXT
    ),
    **{f"by {item.slug}": _split(item.slug) for item in DIMENSIONS if item.slug != "customer"},
    "by customer (top 50)": _split("customer"),
    **{f"KPI cards, {name}": _summary(filters) for name, filters in FILTERS.items()},
    **{f"trend by day, {name}": _trend(filters) for name, filters in FILTERS.items() if name != "product"},
}
LINES: dict[str, Question] = {f"KPI cards, {name}": _summary(filters) for name, filters in DETAILS.items()}


def small() -> Group:
    """Scale S."""
    return report(S)


def medium() -> Group:
    """Scale M, with the rebuild."""
    return report(M)


def large() -> Group:
    """Scale L, with the rebuild."""
    return report(L)


def report(scale: Scale) -> Group:
    """Rebuild, then every question over every range."""
    seconds, partitions, memory = timed_rebuild(scale)
    store = open_store(scale)
    lines = store.cursor().execute("SELECT count(*) FROM sale_lines").fetchall()[0][0]
    head = Table(title=f"Scale {scale.name}: rebuild from the lake")
    for column in ("partitions", "sale lines", "seconds", "peak MiB"):
        head.add_column(column, justify="right")
    head.add_row(f"{partitions:,}", f"{lines:,}", f"{seconds:.1f}", f"{memory:.0f}")
    tables = [
        head,
        latencies(store, scale, "answered by aggregates", AGGREGATES, WORST_MS),
        latencies(store, scale, "stock and moves", other_questions.INVENTORY, WORST_MS),
        latencies(store, scale, "customers", other_questions.CUSTOMERS, WORST_MS),
        latencies(store, scale, "answered line by line", LINES | other_questions.DETAILS, DETAIL_MS),
        page_and_throughput(store, scale),
    ]
    store.close()
    return Group(*tables)


def ask(store: ServingStore, question: Question, window: Window) -> bytes:
    """One answer, as a request gets it."""
    with snapshot(store.cursor(), threading.Event(), store.known) as look:
        return question(look, window).model_dump_json().encode()


def windows(scale: Scale) -> dict[str, Window]:
    """Ranges that end on the last day of the lake."""
    lengths = {str(n): n for n in RANGES} | {f"all ({scale.days})": scale.days}
    return {name: whole_days(LAST_DAY - timedelta(days=n - 1), LAST_DAY) for name, n in lengths.items()}


def median_ms(store: ServingStore, question: Question, window: Window, rounds: int = ROUNDS) -> float:
    """Median of several answers after two that are not counted."""
    times = []
    for n in range(rounds + 2):
        started = time.perf_counter()
        ask(store, question, window)
        if n >= 2:
            times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def latencies(
    store: ServingStore, scale: Scale, what: str, questions: dict[str, Question], worst: float
) -> Table:
    """Medians in milliseconds; those above the target are marked."""
    asked = windows(scale)
    table = Table(title=f"Scale {scale.name}: ms, {what} (medians of {ROUNDS}; * above {worst:g})")
    table.add_column("question")
    for name in asked:
        table.add_column(f"{name} days", justify="right")
    every: list[float] = []
    for name, question in questions.items():
        found = [median_ms(store, question, window) for window in asked.values()]
        every += found
        table.add_row(name, *(f"{ms:.1f}{'*' if ms > worst else ''}" for ms in found))
    above = sum(1 for ms in every if ms > AGGREGATE_MS)
    table.caption = (
        f"median {statistics.median(every):.1f}, worst {max(every):.1f}; {above} of {len(every)} above 12 ms"
    )
    return table


def page_and_throughput(store: ServingStore, scale: Scale) -> Table:
    """The six questions of the Sales page together, and how many overviews a second four threads get."""
    table = Table(
        title=f"Scale {scale.name}: the Sales page (six questions, target 40 ms) and overviews a second (500)"
    )
    for column in ("days", "six questions ms", "overviews a second, 4 threads"):
        table.add_column(column, justify="right")
    for name, window in windows(scale).items():
        six = sum(median_ms(store, question, window) for question in SALES_PAGE.values())
        table.add_row(name, f"{six:.1f}", f"{_per_second(store, window):.0f}")
    return table


def _per_second(store: ServingStore, window: Window, seconds: float = 3.0) -> float:
    until = time.perf_counter() + seconds

    def work() -> int:
        done = 0
        while time.perf_counter() < until:
            ask(store, OVERVIEW, window)
            done += 1
        return done

    with ThreadPoolExecutor(4) as pool:
        return sum(job.result() for job in [pool.submit(work) for _ in range(4)]) / seconds
