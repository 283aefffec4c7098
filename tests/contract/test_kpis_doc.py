"""docs/kpis.md is what the registry declares, and every KPI of the registry was once worked out by hand."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from nk_query_api.kpis import KPIS, SUBJECTS, document
from nk_query_api.kpis.base import Kpi
from nk_query_api.kpis.dimensions import DIMENSIONS
from support.settings_catalogue import ROOT

DOCUMENT = ROOT / "docs" / "kpis.md"
WORKED_OUT = {
    "tests/unit/nk_query_api/kpis/test_kpis_over_sales.py": ("EXPECTED", "PROFIT_EXPECTED"),
    "tests/unit/nk_query_api/kpis/test_inventory_kpis.py": ("EXPECTED",),
    "tests/unit/nk_query_api/customers/test_customer_kpis.py": ("EXPECTED",),
    "tests/contract/test_query_api_trust.py": ("EXPECTED",),
}
"""Results that were worked out by hand, by slug: the names of the dicts that hold them, by file."""


def _slugs(path: Path, names: tuple[str, ...]) -> set[str]:
    """Keys of the module's dicts of these names that are compared with something in its tests."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    missing = set(names)
    for statement in module.body:
        target = _target(statement)
        if target in missing and isinstance(statement, ast.Assign | ast.AnnAssign):
            missing.remove(target)
            found |= set(ast.literal_eval(statement.value or ast.Dict([], [])))
    assert not missing, f"{path.name} has no {', '.join(sorted(missing))}"
    return found


def _target(statement: ast.stmt) -> str:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def _used(path: Path) -> set[str]:
    """Names that the tests of a module read."""
    tests = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    return {node.id for test in tests for node in ast.walk(test) if isinstance(node, ast.Name)}


def test_committed_document_is_current() -> None:
    """`make docs` was run after the last change of a KPI."""
    assert DOCUMENT.read_text(encoding="utf-8") == document.text(), "run: make docs"


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.slug)
def test_every_kpi_is_in_it_with_what_is_known_of_it(kpi: Kpi) -> None:
    (section,) = re.findall(rf"^### {kpi.slug}$\n(.*?)(?=^##|\Z)", document.text(), re.MULTILINE | re.DOTALL)
    words = [kpi.name.id, kpi.name.en, kpi.description.id, kpi.description.en, kpi.formula.id, kpi.formula.en]
    codes = [f"`{name}`" for name in (*kpi.inputs, *kpi.splits)]
    assert [word for word in [*words, *codes, kpi.sql] if word not in section] == []


def test_every_subject_and_every_dimension_is_in_it() -> None:
    text = document.text()
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == [subject.capitalize() for subject in SUBJECTS]
    assert [item.slug for item in DIMENSIONS if f"| `{item.slug}` | {item.name.en} |" not in text] == []


def test_every_kpi_was_worked_out_by_hand() -> None:
    """And nothing is worked out that is no KPI: a slug that was renamed takes its result along."""
    worked_out = [_slugs(ROOT / file, names) for file, names in WORKED_OUT.items()]
    assert set().union(*worked_out) == {kpi.slug for kpi in KPIS}


@pytest.mark.parametrize("file", WORKED_OUT)
def test_what_was_worked_out_is_compared(file: str) -> None:
    assert set(WORKED_OUT[file]) <= _used(ROOT / file)
