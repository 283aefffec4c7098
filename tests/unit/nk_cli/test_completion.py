"""The shell completes commands, options and names of datasets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nk_cli import __main__ as nk
from nk_common.datasets import DIMENSIONS, REGISTRY, WHOLES


def completed(*words: str) -> set[str]:
    """What bash offers for the last word."""
    asked = {
        "_NK_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["nk", *words]),
        "COMP_CWORD": str(len(words)),
    }
    answer = CliRunner().invoke(nk.app, [], prog_name="nk", env=asked)
    return set(answer.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("backfill", "--dataset", "inv"), {"invoice-sales", "inventory-moves"}),
        (("reconcile", "--dataset", "pur"), {"purchases"}),
        (("watch", "--dataset", "dim"), {DIMENSIONS}),
        (("pause", "pos"), {"pos", "pos-configs"}),
        (("refresh-dimensions", "p"), {one.name for one in WHOLES if one.name.startswith("p")}),
        (("refresh-dimensions", "x"), set()),
        (("snap",), {"snapshot-stock"}),
        (("backfill", "--from-stage", "r"), {"raw"}),
    ],
)
def test_names_are_completed(words: tuple[str, ...], offered: set[str]) -> None:
    assert completed(*words) == offered


def test_every_dataset_is_offered() -> None:
    assert completed("resume", "") == {DIMENSIONS, *(one.name for one in REGISTRY)}


def test_the_script_for_bash_is_printed(tmp_path: Path) -> None:
    """Of the installed program, whose name stands in it."""
    program = Path(sys.executable).with_name("nk")
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [program, "--show-completion", "bash"], cwd=tmp_path, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert "complete -o default -F _nk_completion nk" in done.stdout
    assert "_NK_COMPLETE=complete_bash" in done.stdout
