"""Raw chunks: rows of one table of one partition, as an Arrow stream with its story in the headers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from nk_common.datasets import by_name
from nk_common.datasets.base import PartitionKey
from nk_common.errors import NkError, UnreadableMessageError
from nk_common.events.base import Headers, Totals

CONTENT_TYPE = "application/vnd.apache.arrow.stream"
_SAMPLE, _FILL = 2048, 0.85
_IPC_OPTIONS = pa.ipc.IpcWriteOptions(compression="zstd")


@dataclass(frozen=True)
class Summary:
    """Carried by the last chunk: how many rows each table has, and the extractor's control totals."""

    rows: dict[str, int]
    totals: Totals


@dataclass(frozen=True)
class RawChunk:
    """One message of an extraction. `sequence` counts over all tables of the partition, from 0.

    `body` are the rows as they travel; rows are encoded once, and kept on disk as they came.
    """

    partition: PartitionKey
    run_id: str
    version: int
    requested_at: datetime
    as_of: datetime
    table: str
    sequence: int
    rows: pa.Table
    summary: Summary | None = field(default=None)
    body: bytes = field(default=b"", repr=False, compare=False)

    @property
    def is_last(self) -> bool:
        return self.summary is not None

    @property
    def payload(self) -> bytes:
        """The rows as they travel."""
        return self.body or to_ipc(self.rows)

    def encode(self) -> tuple[bytes, Headers]:
        """The message's bytes and headers."""
        body = self.payload
        headers = {
            "content-type": CONTENT_TYPE,
            "nk-run": self.run_id,
            "nk-dataset": self.partition.dataset,
            "nk-day": self.partition.day_text,
            "nk-version": str(self.version),
            "nk-requested-at": self.requested_at.isoformat(),
            "nk-as-of": self.as_of.isoformat(),
            "nk-table": self.table,
            "nk-sequence": str(self.sequence),
            "nk-last": "1" if self.is_last else "0",
            "nk-rows": str(self.rows.num_rows),
            "nk-checksum": checksum(body),
        }
        if self.summary:
            headers["nk-summary"] = json.dumps(
                {"rows": self.summary.rows, "totals": self.summary.totals.model_dump()}, sort_keys=True
            )
        return body, headers

    @classmethod
    def decode(cls, body: bytes, headers: Mapping[str, str]) -> RawChunk:
        """Raises UnreadableMessageError when anything is not as `encode` makes it."""
        try:
            rows = _verified(body, headers)
            dataset = by_name(headers["nk-dataset"])
            return cls(
                partition=PartitionKey.parse(dataset.name, headers["nk-day"]),
                run_id=headers["nk-run"],
                version=int(headers["nk-version"]),
                requested_at=datetime.fromisoformat(headers["nk-requested-at"]),
                as_of=datetime.fromisoformat(headers["nk-as-of"]),
                table=dataset.raw_table(headers["nk-table"]).name,
                sequence=int(headers["nk-sequence"]),
                rows=rows,
                body=body,
                summary=_summary(headers["nk-summary"]) if headers["nk-last"] == "1" else None,
            )
        except (KeyError, ValueError, StopIteration, pa.ArrowException) as error:
            raise UnreadableMessageError(f"The chunk cannot be read: {error!r}.") from error
        except UnreadableMessageError:
            raise
        except NkError as error:
            raise UnreadableMessageError(str(error)) from error


def _verified(body: bytes, headers: Mapping[str, str]) -> pa.Table:
    if checksum(body) != headers["nk-checksum"]:
        raise UnreadableMessageError("The chunk's bytes do not match its checksum.")
    rows = from_ipc(body)
    if rows.num_rows != int(headers["nk-rows"]):
        raise UnreadableMessageError("The chunk has another number of rows than its header says.")
    return rows


def _summary(text: str) -> Summary:
    document = json.loads(text)
    return Summary(rows=document["rows"], totals=Totals(**document["totals"]))


def checksum(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def to_ipc(rows: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=_IPC_OPTIONS) as stream:
        stream.write_table(rows)
    return bytes(sink.getvalue())


def from_ipc(body: bytes) -> pa.Table:
    with pa.ipc.open_stream(body) as stream:
        return stream.read_all()


def split(rows: pa.Table, limit: int) -> Iterator[tuple[pa.Table, bytes]]:
    """Slices of `rows` with their encoding, which is at most `limit` bytes (or a single row).

    An empty table is one empty slice, so that every table of a partition is seen.
    """
    size = _rows_within(rows, limit)
    for start in range(0, max(rows.num_rows, 1), size):
        piece = rows.slice(start, size)
        body = to_ipc(piece)
        if len(body) <= limit or piece.num_rows <= 1:
            yield piece, body
        else:  # its rows are longer than those that the size was reckoned from
            half = piece.num_rows // 2
            yield from split(piece.slice(0, half), limit)
            yield from split(piece.slice(half), limit)


def _rows_within(rows: pa.Table, limit: int) -> int:
    """About how many rows fill a message, from the encoding of some in the middle."""
    if rows.num_rows <= _SAMPLE:
        return max(int(rows.num_rows), 1)
    sample = len(to_ipc(rows.slice(rows.num_rows // 2 - _SAMPLE // 2, _SAMPLE)))
    return max(1, int(_FILL * limit / sample * _SAMPLE))
