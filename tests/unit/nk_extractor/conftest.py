"""A ledger in a file and an extractor's parts around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from nk_common.ledger.dead_letters import DeadLetters
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.writer import LedgerWriter
from nk_extractor.dispatcher import Dispatcher
from nk_extractor.letters import Letters
from nk_extractor.planner import Planner
from nk_extractor.settings import ExtractorSettings
from support.clock import SetClock
from support.ledger import empty_ledger
from support.letters import LetterTopic
from support.publisher import RecordingPublisher


class Parts:
    """What planner, upkeep and watch are made of; the clock stands at noon in Jakarta on 10 January 2026."""

    def __init__(self, engine: Engine, **settings: object) -> None:
        self.clock = SetClock("2026-01-10T05:00:00Z")
        self.engine = engine
        self.bus = RecordingPublisher()
        self.reader, self.writer = LedgerReader(engine), LedgerWriter(engine)
        self.settings = ExtractorSettings.model_validate(
            {"timezone": "Asia/Jakarta", "initial_days": 3, **settings}
        )
        self.dispatcher = Dispatcher(self.settings, self.writer, self.bus, self.clock)
        self.planner = Planner(self.settings, self.reader, self.writer, self.dispatcher, self.bus, self.clock)
        self.dead_letters, self.topic = DeadLetters(engine), LetterTopic(self.bus)
        self.letters = Letters(self.dead_letters, self.topic, self.planner.request, self.bus, self.clock)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with empty_ledger(tmp_path) as engine:
        yield engine


@pytest.fixture
def parts(engine: Engine) -> Parts:
    return Parts(engine)
