"""Questions: limited in time, stopped when nobody waits, answered side by side."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from nk_common.observability import Metrics
from nk_query_api.errors import ClientGoneError, QueryTimeoutError, ServingUnavailableError
from nk_query_api.metrics import ApiMetrics
from nk_query_api.serving.reads import Reads, _Reading
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.serving.store import ServingStore

ENDLESS = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 3"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ServingStore]:
    store = ServingStore(tmp_path / "serving.duckdb", tmp_path / "lake")
    store.open()
    yield store
    store.close()


def reads_of(store: ServingStore, timeout: float = 5.0) -> tuple[Reads, threading.Event]:
    damaged = threading.Event()
    return Reads(store, timeout, ApiMetrics(Metrics()), damaged.set), damaged


def endless(look: Snapshot) -> object:
    return look.row(ENDLESS)


async def test_a_question_that_takes_too_long_is_stopped(store: ServingStore) -> None:
    reads, _ = reads_of(store, timeout=0.15)
    started = time.perf_counter()
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.15 seconds; ask for a shorter range"):
        await reads.ask("test", endless)
    assert time.perf_counter() - started < 2
    assert await reads.ask("test", lambda look: look.row("SELECT 1")) == (1,)
    reads.close()


async def test_a_client_that_leaves_as_the_answer_comes_has_left(
    store: ServingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader closes its cursor before anybody hears of the answer; to interrupt it then is no error."""
    reads, _ = reads_of(store)
    closed, left = threading.Event(), threading.Event()

    def run(reading: _Reading[object]) -> object:
        answer = plain_run(reading)
        closed.set()
        left.wait(5)
        return answer

    async def gone() -> None:
        await asyncio.to_thread(closed.wait, 5)
        asyncio.get_running_loop().call_later(0.1, left.set)

    plain_run = _Reading.run
    monkeypatch.setattr(_Reading, "run", run)
    with pytest.raises(ClientGoneError):
        await reads.ask("test", lambda look: look.row("SELECT 1"), gone)
    reads.close()


async def test_a_question_ends_when_its_client_leaves(store: ServingStore) -> None:
    reads, _ = reads_of(store)

    async def gone() -> None:
        await asyncio.sleep(0.05)

    started = time.perf_counter()
    with pytest.raises(ClientGoneError):
        await reads.ask("test", endless, gone)
    assert time.perf_counter() - started < 2
    reads.close()


async def test_a_cancelled_question_frees_its_thread(store: ServingStore) -> None:
    reads, _ = reads_of(store)
    tasks = [asyncio.create_task(reads.ask("test", endless)) for _ in range(6)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await reads.ask("test", lambda look: look.row("SELECT 2")) == (2,)
    reads.close()


async def test_a_question_that_waits_for_a_thread_is_limited_too(store: ServingStore) -> None:
    reads, _ = reads_of(store, timeout=0.2)
    began = time.perf_counter()
    outcomes = await asyncio.gather(*(reads.ask("test", endless) for _ in range(12)), return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {QueryTimeoutError}
    assert time.perf_counter() - began < 3
    reads.close()


async def test_answers_are_those_of_their_own_questions(store: ServingStore) -> None:
    """On one shared connection, other threads' answers came back."""
    reads, _ = reads_of(store)

    async def ask(n: int) -> int:
        row = await reads.ask(
            "test", lambda look: look.row("SELECT ? + sum(range) * 0 FROM range(50000)", [n])
        )
        return int(row[0])

    assert await asyncio.gather(*(ask(n) for n in range(120))) == list(range(120))
    reads.close()


async def test_a_damaged_file_is_reported_and_is_not_an_answer(store: ServingStore) -> None:
    reads, damaged = reads_of(store)

    def broken(_: Snapshot) -> None:
        raise duckdb.IOException("Corrupt database file: computed checksum does not match")

    with pytest.raises(ServingUnavailableError, match="being rebuilt"):
        await reads.ask("test", broken)
    assert damaged.is_set()
    reads.close()


async def test_an_error_of_a_question_is_passed_on(store: ServingStore) -> None:
    reads, damaged = reads_of(store)
    with pytest.raises(duckdb.CatalogException):
        await reads.ask("test", lambda look: look.row("SELECT * FROM nowhere"))
    assert not damaged.is_set()
    reads.close()


async def test_sql_reads_no_files(store: ServingStore, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    reads, _ = reads_of(store)
    with pytest.raises(duckdb.PermissionException):
        await reads.ask(
            "test", lambda look: look.rows("SELECT * FROM read_csv(?)", [str(tmp_path / "secret.csv")])
        )
    reads.close()
