"""The journal of live actions: JSON lines, appended as they happen, replayed at start.

The first line says which world it belongs to; a journal of another world is refused, since its order ids would
mean other orders. A last line cut short by a crash is dropped.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

VERSION = 1


class JournalError(Exception):
    """The journal cannot be used; the message is for the person who runs the demo."""


@dataclass(slots=True, frozen=True)
class Entry:
    """One live action. `on` is when it was done; `at` is the time on a new or re-dated order's receipt.

    `day` is the day of the order's id, which re-dating does not change.
    """

    seq: int
    on: str
    action: str
    day: int
    order_id: int
    at: str = ""
    line_id: int = 0
    qty: int = 0
    price: int = 0


class Journal:
    """Entries in memory, and in a file when there is one."""

    def __init__(self, path: Path | None, identity: dict[str, int | str]) -> None:
        self.identity = identity
        self.entries: list[Entry] = []
        self._path = path
        if path is not None:
            self._open(path)

    @property
    def start(self) -> int:
        """The first day of history: fixed when the journal began, so history does not move on a restart."""
        return int(self.identity["start"])

    def append(self, entry: Entry) -> None:
        """Keep an action, on disk before it is visible."""
        if self._path is not None:
            with self._path.open("ab") as file:
                file.write(orjson.dumps(asdict(entry)) + b"\n")
        self.entries.append(entry)

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = list(self._rows(path))
        if not rows:
            path.write_bytes(orjson.dumps({"nk_demo": VERSION, **self.identity}) + b"\n")
            return
        header = {key: value for key, value in rows[0].items() if key != "nk_demo"}
        mine = {key: value for key, value in self.identity.items() if key != "start"}
        if rows[0].get("nk_demo") != VERSION or {**mine, "start": header.get("start")} != header:
            raise JournalError(
                f"{path.name} is the journal of another demo world; name another NK_DEMO_STATE"
            )
        self.identity = header
        self.entries = [Entry(**row) for row in rows[1:]]

    @staticmethod
    def _rows(path: Path) -> Iterator[dict[str, Any]]:
        """Complete lines; a torn last line is cut off the file, so that the next append starts clean."""
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            path.write_bytes(whole)
        for line in whole.splitlines():
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise JournalError(f"{path.name} is not a journal of the demo") from error
            yield row
