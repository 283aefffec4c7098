"""docs/data-model.md is what the code declares, and every column in it is explained."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from nk_cli import data_model
from nk_common.datasets import DAILY, REGISTRY
from nk_common.star import BY_NAME, TABLES
from nk_common.star.descriptions import DESCRIPTIONS, REFERENCES, describe
from nk_common.star.views import VIEWS
from support.settings_catalogue import ROOT

DESCRIBED = [(t.name, t.schema) for t in TABLES] + [(t.name, t.schema) for d in DAILY for t in d.clean]


def test_committed_document_is_current() -> None:
    """`make docs` was run after the last change of a table."""
    assert (ROOT / "docs" / "data-model.md").read_text() == data_model.text(), "run: make docs"


@pytest.mark.parametrize(
    ("table", "schema"), DESCRIBED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_column_is_explained(table: str, schema: pa.Schema) -> None:
    """A sentence for each, which begins and ends as one and breaks no table of the document."""
    for column in schema.names:
        sentence = describe(table, column)
        assert re.fullmatch(r"[^a-z|\n][^|\n]*\.", sentence), f"{table}.{column}: {sentence}"


def test_nothing_is_explained_that_is_not_there() -> None:
    """A column that was renamed takes its explanation along."""
    columns = {column for _, schema in DESCRIBED for column in schema.names}
    assert sorted(DESCRIPTIONS.keys() - columns) == []
    assert sorted(REFERENCES.keys() - columns) == []


def test_references_lead_to_the_key_of_a_dimension() -> None:
    """An id can be joined with what it is said to be a member of: it is of the key's type, and there is one key."""
    for column, name in REFERENCES.items():
        dimension = BY_NAME[name]
        assert dimension.kind == "dimension"
        (key,) = dimension.key
        for table in TABLES:
            if column in table.schema.names:
                assert table.schema.field(column).type == dimension.schema.field(key).type


def test_every_table_and_view_has_its_section() -> None:
    """None is left out, and none is there that the code does not declare."""
    sections = re.findall(r"^### (.+)$", data_model.text(), re.MULTILINE)
    raw = [f"raw/{table.name}" for dataset in REGISTRY for table in dataset.raw]
    clean = [f"clean/{table.name}" for dataset in DAILY for table in dataset.clean]
    assert sorted(sections) == sorted([*BY_NAME, *(view.name for view in VIEWS), *raw, *clean])
