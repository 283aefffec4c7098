"""Downloads under way: each in a thread of its own with one snapshot, two at once, beside the dashboard's questions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from nk_query_api.errors import BadQuestionError, ClientGoneError, QueryTimeoutError
from nk_query_api.export.formats import Format
from nk_query_api.export.pipe import Pipe
from nk_query_api.export.source import Batches, ExportSource
from nk_query_api.serving.reads import Gone, Reads
from nk_query_api.serving.snapshot import Snapshot
from nk_query_api.slots import Slots

_AT_ONCE = 2
_ROWS = 5_000
"""Rows of a piece: a CSV of them is some hundred kilobytes, and a second's work for a workbook."""


@dataclass
class _Written:
    """What the thread says of its snapshot."""

    data_version: str = ""


class Download:
    """A file that is being made. `begin` before anything else; `close` whatever happens."""

    def __init__(self, pipe: Pipe, job: asyncio.Task[None], written: _Written, timeout: float) -> None:
        self._pipe = pipe
        self._job = job
        self._written = written
        self._timeout = timeout
        self._first: bytes | None = None

    @property
    def data_version(self) -> str:
        return self._written.data_version

    async def begin(self, gone: Gone) -> None:
        """Until there is a first piece, so that what is wrong with the request can still be said."""
        watch = asyncio.create_task(gone())
        step = asyncio.create_task(self._next())
        try:
            await asyncio.wait({watch, step}, return_when=asyncio.FIRST_COMPLETED)
            if not step.done():
                raise ClientGoneError("Whoever asked has left.")
            self._first = await step
        finally:
            for task in (watch, step):
                task.cancel()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file. What fails on the way is raised, so that half a file is not taken for a whole one."""
        piece = self._first
        while piece is not None:
            yield piece
            piece = await self._next()

    async def close(self) -> None:
        """Stop the thread, if it still runs, and wait until it has."""
        self._job.cancel()
        await asyncio.wait({self._job})
        if not self._job.cancelled():
            self._job.exception()

    async def _next(self) -> bytes | None:
        """The next piece; None after the last, if nothing failed."""
        piece = await self._pipe.get()
        if piece is None:
            self._raise_failure()
        return piece

    def _raise_failure(self) -> None:
        try:
            self._job.result()
        except QueryTimeoutError:
            raise QueryTimeoutError(
                f"The download took longer than {self._timeout:g} seconds; ask for fewer days or columns."
            ) from None


class Exports:
    """Begins downloads. `reads` is its own; temporary files lie in `folder`."""

    def __init__(self, reads: Reads, timeout: float, folder: Path) -> None:
        self._reads = reads
        self._timeout = timeout
        self._folder = folder
        self._slots = Slots(_AT_ONCE, f"{_AT_ONCE} downloads are under way; try again in a moment.")

    def start(self, source: ExportSource, form: Format) -> Download:
        """Raises BusyError."""
        self._slots.take()
        pipe, written = Pipe(), _Written()

        def work(look: Snapshot) -> None:
            written.data_version = look.data_version()
            _check_rows(look, source, form)
            for piece in form.write(source, _while_wanted(look, source.open(look)), self._folder):
                pipe.put(piece, lambda: look.given_up)

        def ended(_: object) -> None:
            self._slots.give_back()
            pipe.end()

        job = asyncio.create_task(self._reads.ask("/v1/export", work))
        job.add_done_callback(ended)
        return Download(pipe, job, written, self._timeout)

    def close(self) -> None:
        self._reads.close()


def _while_wanted(look: Snapshot, rows: Batches) -> Batches:
    """The rows, until nobody waits for them any more: a workbook is long in the making before its first piece."""
    for batch in rows:
        for first in range(0, batch.num_rows, _ROWS):
            if look.given_up:
                raise ClientGoneError("The download was given up.")
            yield batch.slice(first, _ROWS)


def _check_rows(look: Snapshot, source: ExportSource, form: Format) -> None:
    """Before a long time is spent on a file that cannot be."""
    if form.max_rows is not None and (rows := source.count(look)) > form.max_rows:
        raise BadQuestionError(
            f"A .{form.ending} file holds {form.max_rows:,} rows and this has {rows:,}; ask for fewer days, or take "
            "csv or parquet."
        )
