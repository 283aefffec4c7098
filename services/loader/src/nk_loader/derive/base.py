"""What a derivation is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl


@dataclass(frozen=True)
class Derived:
    """Star tables of a derived day, by name, and the oldest moment at which Odoo was asked for what they
    are made of. Asked before `day_ends`, they are part of a day."""

    tables: Mapping[str, pl.DataFrame]
    as_of: datetime
    day_ends: datetime


class Derivation(Protocol):
    """Makes the days of one dataset from what the lake holds at the moment."""

    def was_read(self, day: date) -> bool:
        """Whether the day was read from Odoo, and so is never replaced by what can only be derived."""
        ...

    def derive(self, day: date) -> Derived:
        """Raises NotDerivableError, in a sentence, while the lake does not hold what it takes,
        UnreadableFileError for a file that is damaged, and TransientError for one that is being replaced."""
        ...
