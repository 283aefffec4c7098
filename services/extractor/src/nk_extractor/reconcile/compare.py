"""Two sides of a day, document by document. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from nk_common.ledger.reconciliations import Status
from nk_extractor.reconcile.figures import SUMS, Document, DocumentKey, Documents

_TOLERANCE = 0.01
IDS_SHOWN = 100


@dataclass(frozen=True)
class Totals:
    """Figures of one side. None: not compared."""

    documents: int
    lines: int
    quantity: float | None = None
    amount: float | None = None
    untaxed: float | None = None
    payments: float | None = None

    def as_json(self) -> dict[str, float | None]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Found:
    """What comparing showed, of a day or of one of its stores.

    `ids` are the first of the `differing` documents, ascending.
    """

    status: Status
    odoo: Totals | None = None
    lake: Totals | None = None
    differing: int = 0
    ids: tuple[int, ...] = ()
    error: str | None = None


def compare(odoo: Documents, lake: Documents | None, sums: tuple[str, ...] = SUMS) -> Found:
    """`lake` is None where it has no such day, which is another thing than an empty one. `sums`: those compared."""
    compared = _compared_sums(odoo, lake or {}, sums)
    if lake is None:
        ids = len({key[0] for key in odoo})
        return Found("missing", _totals(odoo.values(), compared), None, ids, _shown(odoo))
    differing = {key for key in odoo.keys() | lake.keys() if _differ(odoo.get(key), lake.get(key), sums)}
    return Found(
        "different" if differing else "equal",
        _totals(odoo.values(), compared),
        _totals(lake.values(), compared),
        len({key[0] for key in differing}),
        _shown(differing),
    )


def by_store(odoo: Documents, lake: Documents | None, sums: tuple[str, ...] = SUMS) -> dict[int, Found]:
    """The same for each store that either side names."""
    documents = [*odoo.values(), *(lake or {}).values()]
    stores = sorted({document.store for document in documents if document.store is not None})
    return {
        store: compare(_of_store(odoo, store), None if lake is None else _of_store(lake, store), sums)
        for store in stores
    }


def _of_store(documents: Documents, store: int) -> Documents:
    return {key: document for key, document in documents.items() if document.store == store}


def _differ(one: Document | None, other: Document | None, sums: tuple[str, ...]) -> bool:
    if one is None or other is None:
        return True
    if (one.store, one.lines) != (other.store, other.lines):
        return True
    return any(_apart(getattr(one, name), getattr(other, name)) for name in _sums_of(one, other, sums))


def _sums_of(one: Document, other: Document, sums: tuple[str, ...]) -> tuple[str, ...]:
    """Quantities in two units cannot be compared."""
    return sums if one.unit == other.unit else tuple(name for name in sums if name != "quantity")


def _apart(one: float | None, other: float | None) -> bool:
    return round(abs((one or 0.0) - (other or 0.0)), 6) >= _TOLERANCE


def _compared_sums(odoo: Documents, lake: Documents, sums: tuple[str, ...]) -> set[str]:
    """Sums that were compared of every document that both sides have."""
    compared = set(sums)
    for key in odoo.keys() & lake.keys():
        compared &= set(_sums_of(odoo[key], lake[key], sums))
    return compared


def _totals(documents: Iterable[Document], compared: set[str]) -> Totals:
    held = list(documents)
    sums = {name: round(sum(getattr(d, name) or 0.0 for d in held), 6) for name in SUMS if name in compared}
    return Totals(len(held), sum(d.lines for d in held), **sums)


def _shown(keys: Iterable[DocumentKey]) -> tuple[int, ...]:
    return tuple(sorted({key[0] for key in keys})[:IDS_SHOWN])
