"""What a product cost on a day: the newest cost event on or before it (rule 8)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from nk_common.lake.day_files import DayFiles
from nk_common.lake.layout import Layout
from nk_common.lake.reader import Signature
from nk_common.star.invoices import FACT_PRODUCT_COST_EVENTS
from nk_loader.derive.frames import read_frame

_ORDER = ("product_id", "date", "source_move_id", "source_move_line_id")
_COLUMNS = (*_ORDER, "cost_unit_tax_in")
_EMPTY = pl.DataFrame(
    pl.from_arrow(pa.schema([FACT_PRODUCT_COST_EVENTS.schema.field(n) for n in _COLUMNS]).empty_table())
)
_Seen = tuple[tuple[date, Signature], ...]


class CostBook:
    """All cost events of the lake, in memory. Other processes may change the lake at any time."""

    def __init__(self, layout: Layout) -> None:
        self._files = DayFiles(layout, FACT_PRODUCT_COST_EVENTS.name, _read)
        self._held: tuple[_Seen, pl.DataFrame] = ((), _EMPTY)

    def costs_at(self, day: date, products: pl.Series) -> pl.DataFrame:
        """product_id, cost_unit_tax_in, source_move_id of those `products` that had a cost by `day`.

        Never a later price. Among events of one day the later bill counts, then the higher line id. Raises
        UnreadableFileError when a file is damaged: a cost that cannot be read is not a missing one.
        """
        return (
            self._events()
            .filter(pl.col("date") <= day, pl.col("product_id").is_in(products.unique().to_list()))
            .unique("product_id", keep="last", maintain_order=True)
            .select("product_id", "cost_unit_tax_in", "source_move_id")
        )

    def _events(self) -> pl.DataFrame:
        """The event that counts of each product and day, oldest first."""
        entries = {day: entry for day in self._files.days() if (entry := self._files.entry(day))}
        seen = tuple((day, entry.signature) for day, entry in entries.items())
        if self._held[0] != seen:
            events = pl.concat([_EMPTY, *(entry.content for entry in entries.values())])
            counting = events.sort(_ORDER).unique(("product_id", "date"), keep="last", maintain_order=True)
            self._held = (seen, counting)
        return self._held[1]


def _read(path: Path) -> pl.DataFrame:
    return read_frame(path, _COLUMNS).select(_COLUMNS)
