"""docs/demo-odoo.md names every knob, endpoint and fault: one that is missing there fails here."""

import re
from pathlib import Path
from typing import get_args

from nk_demo.control import Control
from nk_demo.faults import FaultRule, Kind
from nk_demo.server import DemoServer
from nk_demo.settings import DemoSettings

PAGE = (Path(__file__).parents[3] / "docs" / "demo-odoo.md").read_text()


def test_every_knob_is_documented() -> None:
    """With its default, in the table of knobs."""
    for name in DemoSettings.model_fields:
        assert f"| `NK_DEMO_{name.upper()}` |" in PAGE, name
    known = {f"NK_DEMO_{name.upper()}" for name in DemoSettings.model_fields}
    assert set(re.findall(r"NK_DEMO_[A-Z_]*[A-Z]", PAGE)) <= known


def test_every_fault_is_documented() -> None:
    """Kinds and the keys of a rule."""
    for kind in get_args(Kind):
        assert f"| `{kind}` |" in PAGE, kind
    for key in FaultRule.model_fields:
        assert f"`{key}`" in PAGE, key


def test_every_endpoint_is_documented(server: DemoServer) -> None:
    """By method and path."""
    control: Control = server.control
    for method, endpoints in (("POST", control._posts), ("GET", control._gets)):
        for path in endpoints:
            assert f"`{method} {path}" in PAGE, (method, path)
