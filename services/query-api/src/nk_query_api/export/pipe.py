"""From the thread that reads to the response that sends: a few pieces at a time, so that memory stays bounded."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from nk_query_api.errors import ClientGoneError

_PIECES = 4
_LOOK_AGAIN = 0.1


class Pipe:
    """One thread puts pieces in, one task of the event loop takes them out. Made on the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._room = threading.Semaphore(_PIECES)

    def put(self, piece: bytes, given_up: Callable[[], bool]) -> None:
        """Waits for room. Raises ClientGoneError once `given_up` says that nobody will take it."""
        while not self._room.acquire(timeout=_LOOK_AGAIN):
            if given_up():
                raise ClientGoneError("The download was given up.")
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody is left to be told.
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    def end(self) -> None:
        """Nothing comes any more. Called on the loop."""
        self._pieces.put_nowait(None)

    async def get(self) -> bytes | None:
        """The next piece, as soon as there is one; None behind the last."""
        piece = await self._pieces.get()
        self._room.release()
        return piece
