"""Members of a dimension in their order, kept in memory: a list of 150,000 is not sorted and read for every letter
that somebody types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from nk_query_api.questions.members.lists import MemberList
from nk_query_api.serving.snapshot import Snapshot

_BETWEEN = "\x1f"
"""Stands between label, code and barcode; nobody types it."""

Stamp = tuple[int, datetime]
"""Version of a dimension, and when Odoo was read for it."""


@dataclass(frozen=True)
class Page:
    """Members whose label, code or barcode contains `search`, whatever its case; `active` None: all of them."""

    search: str = ""
    active: bool | None = None
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True)
class MemberIndex:
    """Keys by label, each with the text that searches look through and whether it is active."""

    stamp: Stamp
    keys: pa.Array
    texts: pa.Array
    active: pa.Array

    def page(self, page: Page) -> tuple[int, list[int] | list[str]]:
        """How many members there are, and the keys of those of the page, in order."""
        if not page.search and page.active is None:
            return len(self.keys), self.keys.slice(page.offset, page.limit).to_pylist()
        places = pc.indices_nonzero(self._mask(page))
        return len(places), self.keys.take(places.slice(page.offset, page.limit)).to_pylist()

    def _mask(self, page: Page) -> pa.Array:
        masks = []
        if page.active is not None:
            masks.append(self.active if page.active else pc.invert(self.active))
        if page.search:
            masks.append(pc.match_substring(self.texts, pc.utf8_lower(pa.scalar(page.search)).as_py()))
        return masks[0] if len(masks) == 1 else pc.and_(*masks)


class MemberIndexes:
    """The newest index of each dimension. May be used by several threads."""

    def __init__(self) -> None:
        self._known: dict[str, MemberIndex] = {}

    def of(self, look: Snapshot, asked: MemberList) -> MemberIndex:
        """That of the members which the snapshot holds; made where it is another one than the newest known."""
        version, as_of = look.row(
            "SELECT version, as_of FROM loaded_days WHERE day IS NULL AND dataset = $1", [asked.dataset]
        )
        found = self._known.get(asked.name)
        if found is None or found.stamp != (version, as_of):
            found = _index(look, asked, (version, as_of))
            self._known[asked.name] = found
        return found


def _index(look: Snapshot, asked: MemberList, stamp: Stamp) -> MemberIndex:
    texts = ", ".join(f"coalesce({column}, '')" for column in asked.searched)
    # What is not known to be archived is active.
    active = f"coalesce({asked.active}, true)" if asked.active else "true"
    table = look.table(
        f"SELECT {asked.key} AS member, concat_ws($1, {texts}) AS shown, {active} AS flag FROM {asked.source} "  # noqa: S608
        f"ORDER BY lower({asked.label}), {asked.key}",
        [_BETWEEN],
    ).combine_chunks()
    keys, shown, flags = (
        pa.concat_arrays(column.chunks or [pa.array([], column.type)]) for column in table.columns
    )
    return MemberIndex(stamp, keys, pc.utf8_lower(shown), flags)
