"""docs/api.md is complete, and its recipes work as they stand, against an API in this process."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest

from nk_common.api.common import Compare, Meta
from nk_common.api.health import FindingCode
from nk_common.datasets import DAILY
from nk_common.datasets.base import Freshness
from nk_common.events.commands import MAX_DAYS
from nk_common.health.limits import limits_of
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.migration import migrate
from nk_common.planning import FIRST_DAY
from nk_common.settings import HealthSettings
from nk_query_api.app import build_app
from nk_query_api.export.workbook import MAX_ROWS as SHEET_ROWS
from nk_query_api.questions.presets import Preset
from nk_query_api.routes.parameters import MAX_CHOICES, MAX_ROWS, FilterParameters
from nk_query_api.settings import QueryApiSettings
from nk_query_api.sql.text import MAX_CHARACTERS
from support.asking import Asker, asking
from support.lake_factory import LakeFactory
from support.query_api import settings_for
from support.settings_catalogue import ROOT
from support.stock_lake import SUNDAY, write_shop

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8100"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def _curls() -> list[list[str]]:
    lines = "".join(_blocks("sh")).replace("\\\n", " ").splitlines()
    return [shlex.split(line) for line in lines if line.startswith("curl")]


@pytest.fixture(scope="module")
def asker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder = tmp_path_factory.mktemp("api")
    lake = LakeFactory(folder / "lake")
    write_shop(lake)
    for n in range(3):
        lake.day("profit", SUNDAY + timedelta(days=n), {})
    ledger = open_ledger(f"sqlite:///{lake.root / 'metadata' / 'ledger.db'}")
    migrate(ledger)
    ledger.dispose()
    with asking(folder) as asker:
        yield asker


def test_every_endpoint_is_listed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And none that is not there; with the words of the OpenAPI document."""
    paths = build_app(settings_for(tmp_path_factory.mktemp("none"))).openapi()["paths"]
    there = {
        (f"{method.upper()} {path}", operation["summary"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert set(re.findall(r"^\| `((?:GET|POST) .+?)` \| (.+) \|$", TEXT, re.MULTILINE)) == there


def test_presets_comparisons_filters_and_meta_are_explained() -> None:
    names = [*get_args(Preset), *get_args(Compare), *Meta.model_fields, *FilterParameters.model_fields]
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_limits_are_those_of_the_code() -> None:
    default = {name: field.default for name, field in QueryApiSettings.model_fields.items()}
    said = (
        f"at most {MAX_DAYS} days, from {FIRST_DAY} on",
        f"`limit` (at most {MAX_ROWS})",
        f"(at most {MAX_CHOICES})",
        f"At most {default['sql_max_rows']:,} rows (`NK_SQL_MAX_ROWS`)",
        f"a query of {MAX_CHARACTERS:,} characters",
        f"{default['sql_timeout']:g} seconds (`NK_SQL_TIMEOUT`)",
        f"{default['export_timeout']:g} seconds for each (`NK_EXPORT_TIMEOUT`)",
        f"at most {SHEET_ROWS:,} rows",
        f"http://127.0.0.1:{default['query_api_port']}",
    )
    assert [words for words in said if words not in TEXT] == []


def test_thresholds_of_health_are_those_of_the_code() -> None:
    """With the datasets that each is about; every code is explained."""
    settings = HealthSettings(_env_file=None)
    for kind in get_args(Freshness):
        names = [f"`{one.name}`" for one in DAILY if one.freshness == kind] or ["all that are loaded whole"]
        limits = limits_of(settings, kind)
        late, failing = (f"{age.total_seconds() / 60:g} min" for age in (limits.late, limits.failing))
        variables = f"`NK_LATE_AFTER_{kind.upper()}`, `NK_FAILING_AFTER_{kind.upper()}`"
        assert f"| {variables} | {', '.join(names)} | {late} | {failing} |" in TEXT
    assert [code for code in get_args(FindingCode) if f"| `{code}` |" not in TEXT] == []


@pytest.mark.parametrize("words", _curls(), ids=" ".join)
def test_what_is_typed_into_a_shell_is_answered(words: list[str], asker: Asker) -> None:
    (address,) = [word for word in words if word.startswith(ADDRESS)]
    body = words[words.index("-d") + 1] if "-d" in words else None
    response = asker.request("POST" if body else "GET", address, json=json.loads(body) if body else None)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("program", _blocks("python"))
def test_programs_run(program: str, asker: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, but for where their requests go."""

    def get(url: str, **asked: Any) -> httpx.Response:
        assert url.startswith(ADDRESS)
        return asker.request("GET", url, **asked).raise_for_status()

    monkeypatch.setattr(httpx, "get", get)
    exec(compile(program, "docs/api.md", "exec"), {})


@pytest.mark.parametrize(
    "path", re.findall(r'(?<=")(?:https?://[^/"]+)?(/v1/[^"]+)"', "".join(_blocks("(?:text|js)")))
)
def test_what_spreadsheets_fetch_is_there(path: str, asker: Asker) -> None:
    response = asker.request("GET", path)
    assert response.status_code == 200, response.text


def test_the_example_of_an_error_is_what_is_answered(asker: Asker) -> None:
    (example,) = _blocks("json")
    asked = {"start": "2025-12-23", "end": "2025-12-22"}
    found = asker.request("GET", "/v1/sales/summary", params=asked).json()
    assert {**found, "title": ""} == {**json.loads(example), "title": ""}
