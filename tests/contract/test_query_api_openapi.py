"""The OpenAPI document is a promise: it changes on purpose only.

After a change that is meant, write it anew and read the difference before committing it:

    NK_UPDATE_SNAPSHOTS=1 python -m pytest tests/contract/test_query_api_openapi.py
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from nk_query_api.app import build_app
from nk_query_api.routes.docs import render
from support.query_api import running_api, settings_for

SNAPSHOT = Path(__file__).with_name("openapi.json")


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    return build_app(settings_for(tmp_path)).openapi()


def test_the_document_is_the_one_that_was_promised(document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if os.environ.get("NK_UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == text, "see the top of this file for how to update it"


def test_errors_are_declared_as_problems(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if path.startswith("/v1/"):
                assert "application/problem+json" in operation["responses"]["422"]["content"], path
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["openapi"].startswith("3.1")


async def test_the_documentation_page_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    async with running_api(tmp_path) as api:
        page = (await api.client.get("/docs")).text
        assert (await api.client.get("/openapi.json")).json()["openapi"].startswith("3.1")
    assert re.findall(r"https?://|<script|<link|@import|src=", page) == []
    assert "GET /v1/sales/summary" in page


def test_the_documentation_page_escapes(document: dict[str, Any]) -> None:
    document["info"]["title"] = "<b>"
    assert "<b>" not in render(document)
