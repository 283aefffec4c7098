"""docs/cli.md and the runbook of the old system are complete: commands, exit codes, and the tests that are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.core
import typer.main
from typer.testing import CliRunner

from nk_cli import endings
from nk_cli.__main__ import app
from nk_common.settings import EXIT_CONFIGURATION
from support.settings_catalogue import ROOT

ONE_SCREEN = 40
LIST_OF_COMMANDS = 50
"""Lines of `nk --help`, which is a list."""


def _text(document: str) -> str:
    return (ROOT / document).read_text()


def _commands(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    if isinstance(command, typer.core.TyperGroup):
        for name, inner in command.commands.items():
            yield from _commands(inner, *path, name)
    else:
        yield path


COMMANDS = list(_commands(typer.main.get_command(app)))


def _help(*path: str) -> list[str]:
    shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80", "TERM": "dumb"})
    assert shown.exit_code == 0
    return shown.stdout.splitlines()


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_fits_one_screen(path: tuple[str, ...]) -> None:
    """Of 40 lines and 80 columns, and begins with a sentence that says what the command does."""
    lines = _help(*path)
    assert len(lines) <= ONE_SCREEN
    assert max(map(len, lines)) <= 80
    sentence = [line.strip() for line in lines if line.strip()][1]
    assert re.match(r"[A-Z][a-z]+ ", sentence)


def test_the_list_of_commands_fits_one_screen_too() -> None:
    """With a line for each, and the exit codes in the last one."""
    lines = _help()
    assert len(lines) <= LIST_OF_COMMANDS
    assert any("Exit codes: 0 done" in line for line in lines[-4:])


def test_every_command_is_documented() -> None:
    listed = re.findall(r"^\| `nk ([a-z -]+)` \|", _text("docs/cli.md"), re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == {" ".join(path) for path in COMMANDS}


def test_exit_codes_are_those_of_the_code() -> None:
    table = _text("docs/cli.md").split("## Exit codes")[1].split("## ")[0]
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    kinds = {
        value for name, value in vars(endings).items() if name.startswith("EXIT_") and isinstance(value, int)
    }
    assert listed == {0, EXIT_CONFIGURATION} | kinds


def test_command_lines_of_the_document_can_be_typed() -> None:
    """Every option of the examples is one of the command's."""
    examples = "".join(re.findall(r"```sh\n(.*?)```", _text("docs/cli.md"), re.DOTALL))
    lines = re.findall(r"^nk (.+?)(?: +#.*)?$", examples, re.MULTILINE)
    assert lines
    for line in lines:
        words = line.split()
        path = next((p for p in COMMANDS if tuple(words[: len(p)]) == p), ())
        known = " ".join(_help(*path))
        assert [word for word in words if word.startswith("--") and word not in known] == []


def _old_runbook() -> list[tuple[str, str, str]]:
    table = _text("docs/operations.md").split("## What these replace")[1]
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \|$", table, re.MULTILINE)
    return [(before, now, tests) for before, now, tests in rows if before not in ("before", "---")]


OLD = (
    "daily_etl_pipeline", "daily_invoice_sales_pipeline", "daily_invoice_purchases_pipeline",
    "daily_inventory_moves_pipeline", "stock quants at 07:00", "dimensions every 4 h", "health check every 6 h",
    "date_range_etl_pipeline", "refresh_dimensions_incremental", "catch_up_etl", "health_check",
    "force_refresh_pos_data.py", "force_refresh_purchase_data.py", "force_refresh_stock_quants.py",
    "force_refresh_dimensions.py", "etl_runner.py", "extract, save_raw, clean and update_star", "celery inspect",
    "redis-cli KEYS", "logs", "etl_status.json", "row counts and samples", "db.list()", "dump.rdb",
    "find data-lake -mtime +90 -delete",
)  # fmt: skip
"""What operators of the old system knew."""


@pytest.mark.parametrize("old", OLD)
def test_everything_that_operators_knew_has_a_row(old: str) -> None:
    assert any(old in before for before, _, _ in _old_runbook())


@pytest.mark.parametrize(("before", "tests"), [(before, tests) for before, _, tests in _old_runbook()])
def test_every_row_names_tests_that_exist(before: str, tests: str) -> None:
    """Files, and after a colon functions in the file before it."""
    named = re.findall(r"`([^`]+)`", tests)
    assert named, before
    file = ""
    for name in named:
        if name.endswith(".py"):
            file = _text(name)
            assert "def test_" in file
        else:
            assert f"def {name}(" in file


def test_every_new_command_of_the_runbook_exists() -> None:
    commands = {" ".join(path) for path in COMMANDS}
    now = " ".join(now for _, now, _ in _old_runbook())
    named = set(re.findall(r"`nk ([a-z]+(?:[ -][a-z]+)*)", now))
    assert named
    assert named <= commands
