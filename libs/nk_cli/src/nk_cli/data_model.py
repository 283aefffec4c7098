"""The lake as a document, built from the declarations in code. `make docs` writes it to docs/data-model.md;
a test compares the committed file, and another runs the examples in it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa

from nk_common.datasets import DAILY, REGISTRY, WHOLES
from nk_common.datasets.base import Dataset, LakeTable
from nk_common.lake.layout import Layout
from nk_common.star import FACTS, TABLES
from nk_common.star.base import StarTable, StarView
from nk_common.star.descriptions import REFERENCES, describe
from nk_common.star.views import VIEWS

_LAYERS_HERE = "<!-- layers -->"
_ANY_DAY = date(2025, 12, 24)

_KEYS = """
An arrow leads from an id of a fact to the dimension that it names a member of. Every dimension has one member -1,
which stands for 'none'; where a fact's id is null, join with `coalesce(id, -1)` to keep the rows that have none.
Amounts are in company currency, quantities in the product's own unit; refunds are negative in both.
""".strip()
_RAW = (
    "Columns are named as Odoo 16 names its fields, whatever version was read. A dot is a step through a many2one; a "
    "many2one is its id, and null where it is empty."
)


def text() -> str:
    """The document as it stands in docs/data-model.md."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    head = Path(__file__).with_name("data_model_head.md").read_text()
    yield head.strip().replace(_LAYERS_HERE, _layers())
    yield "## Datasets"
    yield _datasets()
    yield "## Star schema: facts"
    yield _KEYS
    yield from (_star_table(table) for table in FACTS)
    yield "## Star schema: dimensions"
    yield from (_star_table(table) for table in TABLES if table.kind == "dimension")
    yield "## Views"
    yield "They are in the serving database; over the lake, make them yourself on tables of these names."
    yield from (_view(view) for view in VIEWS)
    yield "## Clean"
    yield "Tables of datasets that are loaded whole are in `clean` as they are in `raw`."
    yield from (_clean_table(dataset, table) for dataset in DAILY for table in dataset.clean)
    yield "## Raw"
    yield _RAW
    yield from (_raw_table(dataset, table) for dataset in REGISTRY for table in dataset.raw)


def _layers() -> str:
    """Where files lie, said by the code that puts them there."""
    layout = Layout(Path())
    places = (
        ("raw", "rows as Odoo answered", layout.raw),
        ("clean", "typed, in local time and company currency", layout.clean),
        ("clean/_rejected", "rows that could not be used, with the reason", layout.rejected),
        ("star-schema", "facts and dimensions, for questions", layout.star),
    )
    rows = [
        [f"`{layer}`", holds, _pattern(path("<table>", _ANY_DAY)), _pattern(path("<table>", None))]
        for layer, holds, path in places
    ]
    return _table(["layer", "what it holds", "a day's file", "a file loaded whole"], rows)


def _pattern(path: Path) -> str:
    folders = f"year={_ANY_DAY:%Y}/month={_ANY_DAY:%m}/day={_ANY_DAY:%d}"
    text = str(path).replace(folders, "year=YYYY/month=MM/day=DD").replace(str(_ANY_DAY), "YYYY-MM-DD")
    return f"`{text}`"


def _datasets() -> str:
    rows = [
        [
            f"`{dataset.name}`",
            dataset.title_en,
            "one file a day" if dataset in DAILY else "one file",
            _code(table.name for table in dataset.raw),
            _code(table.name for table in dataset.clean),
            _code(dataset.star),
        ]
        for dataset in (*DAILY, *WHOLES)
    ]
    return _table(["dataset", "is", "files", "raw", "clean", "star-schema"], rows)


def _star_table(table: StarTable) -> str:
    facts = [f"* Grain: {table.grain}.", f"* Key: {_code(table.key)}."]
    if table.kind == "fact":
        facts.append(f"* Day: `{table.day}`.")
    facts.append(f"* From: `{table.dataset}`.")
    return "\n".join([f"### {table.name}", "", *facts, "", _columns(table.name, table.schema)])


def _columns(table: str, schema: pa.Schema) -> str:
    rows = []
    for field in schema:
        target = REFERENCES.get(field.name)
        arrow = f" → `{target}`" if target and target != table else ""
        rows.append([f"`{field.name}`", *_type(field), describe(table, field.name) + arrow])
    return _table(["column", "type", "null", "meaning"], rows)


def _view(view: StarView) -> str:
    return f"### {view.name}\n\n* Grain: {view.grain}.\n\n```sql\n{view.sql}\n```"


def _clean_table(dataset: Dataset, table: LakeTable) -> str:
    head = f"### clean/{table.name}\n\n* Key: `{table.key}`.\n* From: `{dataset.name}`."
    return f"{head}\n\n{_columns(table.name, table.schema)}"


def _raw_table(dataset: Dataset, table: LakeTable) -> str:
    rows = [[f"`{field.name}`", *_type(field)] for field in table.schema]
    head = f"### raw/{table.name}\n\n* Key: `{table.key}`.\n* From: `{dataset.name}`."
    return f"{head}\n\n{_table(['column', 'type', 'null'], rows)}"


def _type(field: pa.Field) -> list[str]:
    return [str(field.type), "yes" if field.nullable else "never"]


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(text())
