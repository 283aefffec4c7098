"""The serving store: brings the serving database in line with the lake, one partition at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

import duckdb

from nk_common.datasets.base import PartitionKey
from nk_common.observability import logger
from nk_query_api.errors import ServingUnavailableError
from nk_query_api.serving.applying import (
    Batch,
    Change,
    Held,
    apply,
    batch_of,
    data_version,
    read_held,
    read_version,
)
from nk_query_api.serving.database import ServingDatabase
from nk_query_api.serving.holdings import KnownHoldings
from nk_query_api.serving.lake_files import Content, LakeFiles, Signatures, from_text, to_text

_BATCH_PARTITIONS = 300
_BATCH_ROWS = 200_000
_BATCHES_AHEAD = 4
"""Read at once, and while others are written: this is what memory is needed for."""
_TRANSACTION_ROWS = 3_000_000
"""Written at once: few commits make a rebuild fast, and it can be gone on with after each."""

AsOf = dict[PartitionKey, tuple[int, datetime]]
"""When Odoo was read for a version of a partition, by the events or the ledger: for files that do not say."""

AsOfSource = Callable[[Collection[PartitionKey]], AsOf]


@dataclass(frozen=True)
class Applied:
    """A partition that is answerable in a new version, or (`held` is None) no longer there."""

    key: PartitionKey
    held: Held | None


@dataclass(frozen=True)
class Progress:
    """How many of the partitions of the newest refresh are done."""

    done: int
    total: int


class ServingStore:
    """Owns the serving database. Methods may be called from any thread; changes are made one at a time."""

    def __init__(
        self, path: Path, lake_root: Path, as_of_source: AsOfSource = lambda _: {}, memory: str = "600MB"
    ) -> None:
        self._path = path
        self._memory = memory
        self._lake_root = lake_root
        self._lake = LakeFiles(lake_root)
        self._as_of_source = as_of_source
        self._writing = threading.RLock()
        self._stopping = threading.Event()
        self._database: ServingDatabase | None = None
        self._seen: dict[PartitionKey, Signatures] = {}
        self._log = logger(__name__)
        self.known = KnownHoldings()
        self.progress = Progress(0, 0)
        self.held: dict[PartitionKey, Held] = {}
        self.data_version = data_version({})

    def open(self) -> None:
        with self._writing:
            self._database = ServingDatabase(self._path, self._lake_root, self._memory)
            held = read_held(self._database.connection)
            self._hold(held, read_version(self._database.connection))
            # What was read before and is still the same needs no opening: a restart looks, and reads nothing.
            self._seen = {key: from_text(item.signatures) for key, item in self.held.items()}

    @property
    def file(self) -> Path:
        """The file in use, which another process's may have made a private one. Raises ServingUnavailableError."""
        return self._open_database().path

    def stop(self) -> None:
        """End a long refresh after the transaction in hand; what is left is found at the next start."""
        self._stopping.set()

    def close(self) -> None:
        with self._writing:
            if self._database:
                self._database.close()
            self._database = None

    def rebuild(self, reason: str) -> None:
        """Begin again with an empty file; the next scan fills it."""
        with self._writing:
            self._open_database().rebuild(reason)
            self._seen = {}
            self._hold({}, data_version({}))

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of the caller's own. Raises ServingUnavailableError."""
        return self._open_database().cursor()

    def scan(self) -> list[Applied]:
        """Compare all of the lake with what is held, and apply what differs. Raises OSError."""
        if self._lake.is_away():
            if self.held:
                self._log.warning("the lake is away; showing what was loaded", lake=str(self._lake_root))
            return []
        found = self._lake.walk()
        changed = [key for key, signatures in found.items() if self._seen.get(key) != signatures]
        vanished = [key for key in self.held if key not in found]
        return self.refresh([*changed, *vanished])

    def refresh(self, keys: Sequence[PartitionKey], as_of: AsOf | None = None) -> list[Applied]:
        """Bring these partitions in line with what the lake holds now. Never goes back to an older version."""
        known = as_of if as_of is not None else self._as_of_source(keys) if keys else {}
        applied: list[Applied] = []
        # Dimensions first: figures without names are no use to anybody.
        ordered = sorted(set(keys), key=lambda key: (key.day or date.min, key.dataset))
        self.progress = Progress(0, len(ordered))
        with self._writing, ThreadPoolExecutor(1, thread_name_prefix="read-lake") as ahead:
            reading = _Reading(ahead, ordered, lambda keys: self._changes(keys, known))
            try:
                while reading.goes_on and not self._stopping.is_set():
                    applied += self._apply(reading.until(_TRANSACTION_ROWS))
                    self.progress = Progress(reading.done, len(ordered))
            except BaseException:
                # What was looked at and not applied is looked at again.
                reading.end()
                done = {item.key for item in applied}
                for key in ordered:
                    if key not in done:
                        self._seen.pop(key, None)
                raise
            finally:
                reading.end()
        return applied

    def _changes(self, keys: Sequence[PartitionKey], as_of: AsOf) -> tuple[Batch, int]:
        """Changes for the first of `keys`, as many as fit into one batch, and how many keys that took."""
        changes: list[Change] = []
        rows = taken = 0
        for key in keys[:_BATCH_PARTITIONS]:
            taken += 1
            for change in self._change(key, as_of):
                changes.append(change)
                rows += sum(table.num_rows for table in (change.tables or {}).values())
            if rows >= _BATCH_ROWS:
                break
        return batch_of(changes), taken

    def _change(self, key: PartitionKey, as_of: AsOf) -> Iterator[Change]:
        held = self.held.get(key)
        content = self._lake.read(key, held.version if held else None)
        self._note(key, content)
        told = content.as_of or _told(key, content.version, as_of)
        if content.state == "new":
            moment = told or _begun(content.version)
            # A file that does not say when Odoo was read is looked at again: the ledger may have learned it.
            signatures = to_text(content.signatures) if content.as_of else ""
            yield Change(key, Held(content.version, moment, content.rows, signatures), content.tables)
        elif content.state == "known" and held and held.version == content.version:
            if told and told != held.as_of:
                yield Change(key, replace(held, as_of=told), None)
        elif content.state in ("absent", "incomplete") and held and not self._lake.is_away():
            # A replacement never makes a file vanish: the day was taken out of the lake.
            yield Change(key, None, {})

    def _note(self, key: PartitionKey, content: Content) -> None:
        """Remember what was looked at, so that the next scan looks at nothing twice."""
        if content.state in ("new", "known", "unreadable"):
            self._seen[key] = content.signatures
        else:
            self._seen.pop(key, None)
        if content.state == "unreadable":
            self._log.error("a day of the lake cannot be read and is left out", partition=str(key),
                            error=content.reason)  # fmt: skip

    def _apply(self, batches: Iterator[Batch]) -> list[Applied]:
        """One transaction; none for nothing."""
        first = next(batches, None)
        if first is None:
            return []
        connection = self._open_database().connection
        made, version = apply(connection, chain([first], batches), self.held, self.data_version)
        self._hold(made.held, version)
        return [Applied(key, held) for key, held in made.changes]

    def _hold(self, held: dict[PartitionKey, Held], version: str) -> None:
        """New objects, never changed ones: other threads read them at any moment."""
        self.held, self.data_version = held, version

    def settle(self) -> bool:
        """Move what is in the journal into the file, if that is due and nobody is being written for. It is put off
        while days come in, because it takes longer than applying one. Returns whether it was done."""
        with self._writing:
            return self._open_database().settle()

    def _open_database(self) -> ServingDatabase:
        if self._database is None:
            raise ServingUnavailableError("The serving database is not open yet; try again in a moment.")
        return self._database


class _Reading:
    """Reads changes from the lake, a few batches ahead of whoever writes them."""

    def __init__(
        self,
        ahead: ThreadPoolExecutor,
        keys: Sequence[PartitionKey],
        read: Callable[[Sequence[PartitionKey]], tuple[Batch, int]],
    ) -> None:
        self._ahead = ahead
        self._read = read
        self._keys = list(keys)
        self._looked_at = 0
        self.done = 0
        self._coming = deque(ahead.submit(self._next) for _ in range(_BATCHES_AHEAD))

    @property
    def goes_on(self) -> bool:
        return self.done < len(self._keys)

    def until(self, rows: int) -> Iterator[Batch]:
        """Batches with changes, until there were so many rows, or all keys are done."""
        total = 0
        while self.goes_on and total < rows:
            batch, taken = self._coming.popleft().result()
            self.done += taken
            self._coming.append(self._ahead.submit(self._next))
            total += batch.rows
            if batch.changes:
                yield batch

    def end(self) -> None:
        """Read no more, and wait for what is being read."""
        for batch in self._coming:
            batch.cancel()
        wait(self._coming)

    def _next(self) -> tuple[Batch, int]:
        """In the thread that reads, one after the other."""
        batch, taken = self._read(self._keys[self._looked_at :])
        self._looked_at += taken
        return batch, taken


def _told(key: PartitionKey, version: int, known: AsOf) -> datetime | None:
    known_version, moment = known.get(key, (None, None))
    return moment if known_version == version else None


def _begun(version: int) -> datetime:
    """A version is the microsecond at which its making began, which for a replay is after the reading."""
    return datetime.fromtimestamp(version / 1e6, UTC)
