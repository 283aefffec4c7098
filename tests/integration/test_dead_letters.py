"""Dead letters on a real bus: read, discarded, and retried once the cause is gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from nk_cleaner.service import CleaningService
from nk_common.api.dead_letters import DeadLetter, DeadLetterDetail, DeadLetters
from nk_common.errors import DiskError
from nk_common.events.letters import headers_of_retry
from nk_common.events.topics import DAY_CLEANED, DEAD_LETTER, EXTRACT_REQUESTED, RAW_TOPICS, TOPICS
from nk_demo.server import DemoServer
from nk_loader.service import LoadingService
from support.kafka import post, read_all
from support.pipeline import Pipeline
from support.shop_clock import shop_today
from support.system import WORKERS, System, kafka_kind, running, wait_until

DAY = shop_today() - timedelta(days=5)
PATH = "/v1/pipeline/dead-letters"
POISON = b'{"type": "drop", "tables": "all"}'


@pytest.fixture(scope="module")
def system(demo: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Failed days are not tried again by themselves while the tests run."""
    folder = tmp_path_factory.mktemp("letters")
    with running(folder, demo, (*WORKERS, "query-api"), NK_RETRY_FAILED_AFTER="3600") as system:
        yield system


def letters(system: System, **asked: Any) -> list[DeadLetter]:
    answer = httpx.get(system.url("query-api") + PATH, params=asked, timeout=15)
    return DeadLetters.model_validate(answer.raise_for_status().json()).letters


def read(system: System, letter: int) -> DeadLetterDetail:
    answer = httpx.get(f"{system.url('query-api')}{PATH}/{letter}", timeout=15)
    return DeadLetterDetail.model_validate(answer.raise_for_status().json())


def tell(system: System, letter: int, what: str, status: int = 202, **body: str) -> None:
    answer = httpx.post(f"{system.url('query-api')}{PATH}/{letter}/{what}", json=body, timeout=15)
    assert answer.status_code == status, answer.text


def opened(system: System, error: str) -> DeadLetter:
    """The open letter of that error, once the ledger knows of it."""
    found: list[DeadLetter] = []

    def known() -> bool:
        found[:] = [letter for letter in letters(system, state="open") if letter.error == error]
        return bool(found)

    wait_until(known, 40, f"a letter of {error}")
    return found[0]


def resolved(system: System, letter: int, resolution: str) -> None:
    wait_until(
        lambda: read(system, letter).letter.resolution == resolution, 20, f"letter {letter} is {resolution}"
    )


def test_a_poisonous_message_is_read_and_discarded(system: System) -> None:
    post(system.broker_port, "nk.control.v1", POISON)
    letter = opened(system, "BadCommandError")
    assert (letter.topic, letter.stage, letter.attempts) == ("nk.control.v1", "plan", 1)
    detail = read(system, letter.id)
    assert detail.content is not None
    assert detail.content.document == {"type": "drop", "tables": "all"}
    assert detail.content.headers["nk-source-offset"] == str(letter.source_offset)
    (kept,) = [
        one for one in read_all(system.broker_port, "nk.dead-letter.v1", at_least=1) if one.value == POISON
    ]
    assert (kept.partition, kept.offset) == (letter.partition, letter.offset)

    tell(system, letter.id, "discard", reason="somebody tried it")
    resolved(system, letter.id, "discarded")
    done = read(system, letter.id).letter
    assert (done.resolved_by, done.resolution_reason) == ("api", "somebody tried it")
    assert letter.id not in {one.id for one in letters(system, state="open")}
    tell(system, letter.id, "retry", 409)


def test_the_letter_of_a_failed_day_is_retried_when_the_cause_is_gone(
    system: System, demo: DemoServer
) -> None:
    """The day is loaded by it; a second command for it changes nothing."""
    rules = [{"kind": "refused_model", "model": "pos.payment"}]
    httpx.post(f"{demo.url}/demo/faults", json={"rules": rules}).raise_for_status()
    try:
        command = {"type": "backfill", "datasets": ["pos"], "start": str(DAY), "end": str(DAY)}
        post(system.broker_port, "nk.control.v1", command)
        letter = opened(system, "OdooRefusedError")
    finally:
        httpx.post(f"{demo.url}/demo/faults", json={"rules": []}).raise_for_status()
    assert (letter.dataset, letter.day, letter.topic) == ("pos", DAY, "nk.extract.requested.v1")
    wait_until(lambda: system.partitions()[str(DAY)].state == "failed", 20, "the day is failed")

    tell(system, letter.id, "retry", reason="the rights are given")
    wait_until(lambda: system.partitions()[str(DAY)].state == "loaded", 40, "the day is loaded by the retry")
    resolved(system, letter.id, "retried")
    retried = read(system, letter.id)
    assert (retried.retries, retried.letter.resolution_reason) == ([], "the rights are given")

    version = system.partitions()[str(DAY)].loaded_version
    post(system.broker_port, "nk.control.v1", {"type": "retry-dead-letter", "letter": letter.id})
    post(system.broker_port, "nk.control.v1", POISON)  # handled after it
    opened(system, "BadCommandError")
    again = [
        one
        for one in read_all(system.broker_port, "nk.extract.requested.v1", at_least=1)
        if ("nk-retry-of", str(letter.id).encode()) in one.headers
    ]
    assert len(again) == 1
    assert system.partitions()[str(DAY)].loaded_version == version


def test_a_retry_of_what_is_still_wrong_is_a_new_letter_that_names_the_old_one(system: System) -> None:
    post(system.broker_port, "nk.day.cleaned.v1", b"\xff\xfe", key=b"pos|2026-01-01")
    first = opened(system, "UnreadableMessageError")
    content = read(system, first.id).content
    assert content is not None
    assert (content.kind, content.preview, content.key) == ("bytes", "ff fe", "pos|2026-01-01")
    tell(system, first.id, "retry")
    wait_until(lambda: bool(read(system, first.id).retries), 30, "the retry has failed")
    (second,) = read(system, first.id).retries
    assert (second.retry_of, second.resolution) == (first.id, None)


def test_the_command_line_discards_a_letter_and_waits_for_it(system: System) -> None:
    post(system.broker_port, "nk.control.v1", b"a hand that slipped")
    letter = opened(system, "BadCommandError")
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{system.broker_port}",
        "NK_QUERY_API_URL": system.url("query-api"),
    }

    def nk(*words: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "nk_cli", "dead-letters", *words]
        done = subprocess.run(
            command, env=environment, cwd=system.folder, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    number = str(letter.id)
    assert nk("discard", number, "--reason", "a slip") == (0, f"Dead letter {number} is discarded.\n")
    assert read(system, letter.id).letter.resolved_by == "nk"
    code, words = nk("retry", number)
    assert (code, "was discarded already, so nothing was done" in " ".join(words.split())) == (1, True)
    assert nk("read", "999")[0] == 1


@pytest.mark.parametrize("service", [CleaningService, LoadingService])
def test_a_day_that_a_later_stage_gave_up_is_loaded_by_the_retry(
    demo: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: type
) -> None:
    """The same version is loaded after all, and the day has not failed any more."""

    def full(*_: object) -> None:
        raise DiskError("The disk is full.")

    pipeline = Pipeline(tmp_path, demo.port)
    try:
        with monkeypatch.context() as broken:
            broken.setattr(service, "_write", full)
            pipeline.load(["pos"], DAY, DAY)
        failed = pipeline.row("pos", DAY)
        assert (failed.state, failed.error, failed.loaded_version) == ("failed", "The disk is full.", None)
        (letter,) = pipeline.bus.on(DEAD_LETTER)
        (topic,) = [one for one in TOPICS if one.name == letter.headers["nk-source-topic"]]
        again = replace(letter, topic=topic, headers=headers_of_retry(letter.headers, 1))
        pipeline.bus.waiting.append(again)
        asyncio.run(pipeline.drain())
        loaded = pipeline.row("pos", DAY)
        assert (loaded.state, loaded.error, loaded.loaded_version) == ("loaded", None, failed.version)
    finally:
        pipeline.close()


def test_old_messages_that_are_retried_leave_newer_figures_as_they_are(
    demo: DemoServer, tmp_path: Path
) -> None:
    """Every message of an extraction comes once more, as a retry, after the day was read anew."""
    pipeline = Pipeline(tmp_path, demo.port)
    try:
        pipeline.load(["pos"], DAY, DAY)
        old = [one for one in pipeline.bus.sent if one.topic in (EXTRACT_REQUESTED, *RAW_TOPICS, DAY_CLEANED)]
        assert {one.topic for one in old} > {EXTRACT_REQUESTED, DAY_CLEANED}
        pipeline.load(["pos"], DAY, DAY, force=True)
        path = pipeline.layout.star("fact_sales", DAY)
        before = (path.read_bytes(), pipeline.row("pos", DAY).loaded_version)
        for one in old:
            pipeline.bus.waiting.append(replace(one, headers=headers_of_retry(one.headers, 1)))
        asyncio.run(pipeline.drain())
        row = pipeline.row("pos", DAY)
        assert (path.read_bytes(), row.loaded_version) == before
        assert (row.state, row.error) == ("loaded", None)
        assert row.version == row.loaded_version
    finally:
        pipeline.close()


@pytest.mark.skipif(kafka_kind() != "embedded", reason="only the embedded broker forgets when it stops")
def test_a_broker_that_came_back_empty_has_no_letters_any_more(system: System) -> None:
    """Also when another letter lies where the old one lay: nothing of it is shown, and nothing of it is sent."""
    post(system.broker_port, "nk.control.v1", POISON)
    before = opened(system, "BadCommandError")
    system.kill("broker")
    system.restart("broker")
    wait_until(lambda: read(system, before.id).gone is not None, 60, "the message is gone")
    known = {letter.id for letter in letters(system)}

    def another() -> bool:
        post(system.broker_port, "nk.control.v1", b"another")
        return bool({letter.id for letter in letters(system)} - known)

    wait_until(another, 60, "a new letter")
    assert read(system, before.id).content is None
    tell(system, before.id, "retry", 410)
    tell(system, before.id, "discard", reason="gone with the broker")
    resolved(system, before.id, "discarded")
