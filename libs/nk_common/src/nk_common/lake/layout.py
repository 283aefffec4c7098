"""Where everything lies in the lake. Paths only: no reading, no writing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

Layer = Literal["raw", "clean", "star-schema"]


def _day_folder(base: Path, day: date) -> Path:
    return base / f"year={day:%Y}" / f"month={day:%m}" / f"day={day:%d}"


class Layout:
    """Paths below one lake root. One file per (table, day), under one stable name."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def raw(self, table: str, day: date | None) -> Path:
        return self._file("raw", table, day, table)

    def clean(self, table: str, day: date | None) -> Path:
        return self._file("clean", table, day, f"{table}_clean")

    def rejected(self, table: str, day: date | None) -> Path:
        base = self.root / "clean" / "_rejected" / table
        name = f"{table}_rejected"
        return _day_folder(base, day) / f"{name}_{day}.parquet" if day else base / f"{name}.parquet"

    def star(self, table: str, day: date | None) -> Path:
        if day is None:
            return self.root / "star-schema" / f"{table}.parquet"
        return self._file("star-schema", table, day, table)

    def staging(self, dataset: str, day_text: str, version: int) -> Path:
        """Chunks of a day that are still arriving. Not a layer: readers never look here."""
        return self.root / "raw" / "_staging" / dataset / day_text / str(version)

    def star_glob(self, table: str) -> str:
        return str(self.root / "star-schema" / table / "*" / "*" / "*" / f"{table}_*.parquet")

    @property
    def metadata(self) -> Path:
        return self.root / "metadata"

    def _file(self, layer: Layer, table: str, day: date | None, stem: str) -> Path:
        base = self.root / layer / table
        return _day_folder(base, day) / f"{stem}_{day}.parquet" if day else base / f"{stem}.parquet"
