"""Bad input gets a clear error, harms nothing else, and is never lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nk_demo.server import DemoServer
from support.kafka import post, read_all
from support.shop_clock import shop_today
from support.system import System, free_port, running, wait_until

TODAY = shop_today()
DAY = TODAY - timedelta(days=5)
RUBBISH: list[bytes | dict[str, Any]] = [
    b"garbage",
    b"\xff\xfe\x00",
    {"type": "backfill", "datasets": ["no-such"], "start": str(DAY), "end": str(DAY)},
    {"type": "backfill", "datasets": ["pos"], "start": str(DAY), "end": str(DAY - timedelta(days=1))},
    {"type": "backfill", "datasets": ["pos"], "start": "1066-10-14", "end": str(DAY)},
    {"type": "drop"},
]


@pytest.fixture(scope="module")
def system(demo: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("bad"), demo) as system:
        yield system


def test_garbage_on_the_control_topic_is_kept_with_a_reason_and_stops_nothing(system: System) -> None:
    """The original bytes, where they came from, and a sentence; the next command is run."""
    good = {"type": "backfill", "datasets": ["pos"], "start": str(DAY), "end": str(DAY)}
    post(system.broker_port, "nk.control.v1", *RUBBISH, good)
    system.wait_loaded(DAY, DAY)
    letters = read_all(system.broker_port, "nk.dead-letter.v1", at_least=len(RUBBISH))
    assert len(letters) == len(RUBBISH)
    headers = [{name: value.decode() for name, value in letter.headers} for letter in letters]
    assert {h["nk-source-topic"] for h in headers} == {"nk.control.v1"}
    assert {h["nk-error-class"] for h in headers} == {"BadCommandError"}
    reasons = {letter.value: h["nk-error"] for letter, h in zip(letters, headers, strict=True)}
    assert "not JSON" in reasons[b"garbage"]
    words = " ".join(reasons.values())
    for part in ("no dataset 'no-such'", "before it begins", "cannot be loaded", "'drop'"):
        assert part in words


def test_dead_letters_are_in_the_ledger_for_the_page(system: System) -> None:
    with system.ledger() as ledger:
        before = ledger.dead_letters()[0]
        post(system.broker_port, "nk.control.v1", *RUBBISH)
        wait_until(
            lambda: ledger.dead_letters()[0] >= before + len(RUBBISH), 10, "the ledger knows of the letters"
        )


def test_poison_on_every_topic_stops_nothing(system: System) -> None:
    """Each service gets bytes that are not what its topic declares, and goes on."""
    before = len(read_all(system.broker_port, "nk.dead-letter.v1"))
    topics = ["nk.extract.requested.v1", "nk.raw.pos.v1", "nk.day.cleaned.v1", "nk.pipeline.v1"]
    for topic in topics:
        post(system.broker_port, topic, b"poison", key=b"pos|2026-01-01")
    day = DAY - timedelta(days=1)
    post(
        system.broker_port,
        "nk.control.v1",
        {"type": "backfill", "datasets": ["pos"], "start": str(day), "end": str(day)},
    )
    system.wait_loaded(day, day)
    letters = read_all(system.broker_port, "nk.dead-letter.v1", at_least=before + len(topics))
    sources = {dict(letter.headers)["nk-source-topic"].decode() for letter in letters}
    assert set(topics) <= sources


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"ODOO_API_KEY": "wrong"}, "refused the user name or the API key"),
        ({"ODOO_DB": "no-such-database"}, "has no database 'no-such-database'"),
        ({"ODOO_PORT": str(free_port()), "NK_RETRY_ATTEMPTS": "2"}, "cannot be reached"),
    ],
)
def test_an_odoo_that_says_no_fails_the_day_with_one_sentence(
    demo: DemoServer, tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    """The day is failed, not loaded as nothing, and the secret is in no log. What must be read waits while nothing can
    be, and is tried now and then."""
    with running(tmp_path, demo, ("extractor",), NK_RETRY_FAILED_AFTER="1", **environment) as system:
        post(
            system.broker_port,
            "nk.control.v1",
            {"type": "backfill", "datasets": ["pos"], "start": str(DAY), "end": str(DAY)},
        )

        def failed() -> bool:
            row = system.partitions().get(str(DAY))
            return row is not None and row.state == "failed"

        wait_until(failed, 40, "the day is failed")
        row = system.partitions()[str(DAY)]
        assert words in (row.error or "")
        assert row.loaded_version is None
        assert not list(system.lake.rglob("fact_sales*"))
        assert "demo-key-not-secret" not in system.log("extractor")
