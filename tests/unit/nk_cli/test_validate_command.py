"""`nk validate` as people and scripts run it: words, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nk_cli import __main__
from nk_cli.endings import EXIT_UNAVAILABLE
from nk_cli.validate.command import as_text
from nk_cli.validate.finding import Finding
from nk_cli.validate.validation import Report
from nk_common.settings import EXIT_CONFIGURATION
from support.valid_lake import DAYS, ValidLake


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> ValidLake:
    lake = ValidLake(tmp_path_factory.mktemp("validated") / "lake")
    lake.write_all()
    return lake


@pytest.fixture(autouse=True)
def settings(lake: ValidLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # away from any .env
    monkeypatch.setenv("DATA_LAKE_ROOT", str(lake.root))
    monkeypatch.delenv("NK_LEDGER_URL", raising=False)
    monkeypatch.setenv("NK_TIMEZONE", "Asia/Jakarta")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(__main__.app, ["validate", *arguments])
    return result.exit_code, result.stdout


def test_nothing_wrong_is_exit_code_0() -> None:
    code, output = run()
    assert code == 0
    assert output.endswith(" partitions: nothing is wrong.\n")


def test_something_wrong_is_exit_code_1_with_what_to_do(lake: ValidLake) -> None:
    path = lake.layout.star("fact_sales", DAYS[1])
    kept = path.read_bytes()
    path.write_bytes(b"")
    code, output = run("--dataset", "pos")
    json_code, document = run("--dataset", "pos", "--json")
    path.write_bytes(kept)
    assert (code, json_code) == (1, 1)
    assert output.startswith("error: truncated pos (1)\n  star-schema/fact_sales/year=2025/month=12/day=23/")
    assert "nk backfill --dataset pos --start 2025-12-23 --end 2025-12-23 --from-stage clean" in output
    found = json.loads(document)
    assert found["failed"] is True
    assert [(f["kind"], f["day"], f["warning"]) for f in found["findings"]] == [
        ("truncated", "2025-12-23", False)
    ]


def test_a_range_may_be_given() -> None:
    code, document = run("--dataset", "pos", "--start", "2025-12-23", "--end", "2025-12-23", "--json")
    assert code == 0
    assert json.loads(document) == {
        "failed": False,
        "checked": {"files": 7, "partitions": 1, "rows": 6},
        "findings": [],
    }


def test_a_range_that_ends_before_it_begins_is_wrong_usage() -> None:
    assert run("--start", "2025-12-24", "--end", "2025-12-23")[0] == 2


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DATA_LAKE_ROOT", "nowhere", "There is no lake at"),
        ("NK_TIMEZONE", "Moon/Sea", "Settings are wrong"),
        ("NK_LEDGER_URL", "no address", "NK_LEDGER_URL is not a database address"),
    ],
)
def test_wrong_settings_are_exit_code_78(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("sys.argv", ["nk", "validate"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == EXIT_CONFIGURATION
    assert says in capsys.readouterr().err


def test_a_ledger_that_cannot_be_read_is_no_clean_lake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "other.db").write_bytes(b"")
    monkeypatch.setenv("NK_LEDGER_URL", f"sqlite:///{tmp_path / 'other.db'}")
    monkeypatch.setattr("sys.argv", ["nk", "validate"])
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == EXIT_UNAVAILABLE
    assert "The ledger cannot be read" in capsys.readouterr().err


def test_many_findings_of_a_kind_are_cut_short_for_people() -> None:
    findings = tuple(
        Finding("truncated", f"a/{n:02}", "pos", None, "It is short.", "Mend it.") for n in range(12)
    )
    warning = Finding("no-ledger", "metadata", None, None, "None.", "Start.", warning=True)
    text = as_text(Report(files=1_200, partitions=3, rows=4, findings=(*findings, warning)))
    assert text.count("It is short.") == 10
    assert "  ... and 2 more; --json lists them all.\nwarning: no-ledger (1)\n" in text
    assert text.endswith("Looked at 1,200 files with 4 rows in 3 partitions: 12 findings, 1 warnings.")
