"""Programs that end are started again, and given up when they end again and again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from nk_cli import processes
from nk_cli.processes import Child, Program
from nk_cli.settings import UpSettings
from nk_cli.up import Up
from nk_common.clock import SystemClock
from nk_common.errors import ConfigurationError

HOUR, SECOND = 3600.0, 1.0


class Ends:
    """`nk up` with one program that has always just ended, on a clock that only `after` moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.now = 0.0
        clock = SimpleNamespace(monotonic=lambda: self.now, sleep=lambda _: None)
        monkeypatch.setattr(processes, "time", clock)
        monkeypatch.setattr(Child, "_start", lambda _: SimpleNamespace(poll=lambda: 1))
        self.up = Up(UpSettings(run_dir=folder), folder, {}, SystemClock(), Console(quiet=True))
        self.up._children = [Child(Program("cleaner", list, 1), {}, folder / "cleaner.log")]

    def after(self, seconds: float) -> None:
        """It ran for so long."""
        self.now += seconds
        self.up._restart_dead()


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    return Ends(monkeypatch, tmp_path)


def test_a_program_that_ends_now_and_then_is_always_started_again(ends: Ends) -> None:
    """Once a day, for two months; and a bad quarter of an hour is forgotten once it has run well."""
    for _ in range(60):
        ends.after(24 * HOUR)
    for _ in range(2):
        for _ in range(19):
            ends.after(SECOND)
        ends.after(HOUR)


def test_a_program_that_ends_again_and_again_is_given_up(ends: Ends) -> None:
    for _ in range(20):
        ends.after(SECOND)
    with pytest.raises(ConfigurationError, match="cleaner ended again and again"):
        ends.after(SECOND)
