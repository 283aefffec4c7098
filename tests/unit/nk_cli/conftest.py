"""A lake in which everything is as it should be, and a copy of it for every test to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.valid_lake import ValidLake


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written once. A module that wants more in it has a fixture of this name of its own."""
    root = tmp_path_factory.mktemp("template") / "lake"
    ValidLake(root).write_all()
    return root


@pytest.fixture
def lake(template: Path, tmp_path: Path) -> ValidLake:
    shutil.copytree(template, tmp_path / "lake")
    return ValidLake(tmp_path / "lake")
