"""docs/operations.md names every alert and every field of what a webhook receives."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from nk_common.api.alerts import AlertCode
from nk_common.api.common import Text
from nk_common.format import Formats
from nk_notifier.messages import (
    ALERTS_SCHEMA,
    DIGEST_SCHEMA,
    TEST_SCHEMA,
    Told,
    alerts_message,
    trial_message,
)
from support.settings_catalogue import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parent / "golden_notifier"
NOW = datetime(2026, 1, 8, 3, tzinfo=UTC)
FORMATS = Formats("en", ZoneInfo("Asia/Jakarta"))


def _webhook() -> str:
    return TEXT.split("### The webhook")[1].split("\n## ")[0]


def _named(text: str) -> set[str]:
    return set(re.findall(r"`([\w.-]+)`", text))


def _fields(document: Any) -> set[str]:
    if isinstance(document, list):
        return set().union(*(_fields(one) for one in document))
    if isinstance(document, dict):
        return set(document).union(*(_fields(one) for one in document.values()))
    return set()


def test_every_alert_has_a_row_and_no_row_is_left_over() -> None:
    """A code without a row leaves whoever got it alone."""
    table = TEXT.split("## Alerts")[1].split("### The webhook")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == set(get_args(AlertCode))


def test_every_field_is_described() -> None:
    told = Told(
        "recovered", 1, "disk-low", "lake", "critical", Text(id="a", en="b"), Text(id="a", en="b"), NOW, NOW
    )
    documents = [
        alerts_message([told], FORMATS, None).document,
        trial_message(NOW, FORMATS, None).document,
        json.loads((GOLDEN / "digest.en.json").read_text(encoding="utf-8")),
    ]
    assert {str(one["schema"]) for one in documents} == {ALERTS_SCHEMA, DIGEST_SCHEMA, TEST_SCHEMA}
    fields = set().union(*(_fields(one) for one in documents))
    assert sorted((fields | {ALERTS_SCHEMA, DIGEST_SCHEMA, TEST_SCHEMA}) - _named(_webhook())) == []
