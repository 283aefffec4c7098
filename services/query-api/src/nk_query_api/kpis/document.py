"""The KPIs as a document, built from the registry. `make docs` writes it to docs/kpis.md; a test compares the file."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from nk_query_api.kpis import SUBJECTS
from nk_query_api.kpis.base import Kpi, Relation
from nk_query_api.kpis.dimensions import DIMENSIONS

_TITLES = {
    "sales": "Sales",
    "profit": "Profit",
    "inventory": "Inventory",
    "customers": "Customers",
    "trust": "Trust",
}
_UNITS = {
    "currency": "amount in company currency",
    "count": "count",
    "quantity": "quantity",
    "ratio": "share of 1",
}
_ROWS: dict[Relation, str] = {
    "sales": "sale lines",
    "stock": "products, as stock lay on a day",
    "flow": "products, as stock changed over a range",
    "customers": "customers over a range",
    "days": "days of the range",
}
_BETTER = {True: "higher is better", False: "lower is better", None: "neither is better"}


def text() -> str:
    """The document as it stands in docs/kpis.md."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield Path(__file__).with_name("document_head.md").read_text(encoding="utf-8").strip()
    yield "## What figures can be split by"
    yield _table(
        ["slug", "name", "nama"], ([f"`{item.slug}`", item.name.en, item.name.id] for item in DIMENSIONS)
    )
    for subject, kpis in SUBJECTS.items():
        yield f"## {_TITLES[subject]}"
        yield _table(["slug", "name", "nama", "unit", "over nothing"], map(_row, kpis))
        yield from map(_section, kpis)


def _row(kpi: Kpi) -> list[str]:
    return [f"[`{kpi.slug}`](#{kpi.slug})", kpi.name.en, kpi.name.id, kpi.unit, _of_nothing(kpi)]


def _of_nothing(kpi: Kpi) -> str:
    return "null" if kpi.of_nothing is None else f"{kpi.of_nothing:g}"


def _section(kpi: Kpi) -> str:
    facts = [
        f"* Formula: {kpi.formula.en}. / Rumus: {kpi.formula.id}.",
        f"* Unit: {_UNITS[kpi.unit]}; {_BETTER[kpi.higher_is_better]}.",
        f"* Needs: {_code(kpi.inputs)}.",
        f"* Can be split by: {_code(kpi.splits)}.",
        f"* Over {_ROWS[kpi.relation]}:",
    ]
    words = f"**{kpi.name.en}** / **{kpi.name.id}**. {kpi.description.en} / {kpi.description.id}"
    return "\n".join([f"### {kpi.slug}", "", words, "", *facts, "", "```sql", kpi.definition, "```"])


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(text())
