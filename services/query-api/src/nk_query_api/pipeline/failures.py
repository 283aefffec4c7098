"""Days whose newest attempt failed, as the ledger knows them: every answer says how many it is about."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from datetime import date

from nk_query_api.errors import LedgerUnavailableError
from nk_query_api.pipeline.ledger import Ledger

_INTERVAL = 10.0


class Failures:
    """Kept in memory, because no figure should wait for the ledger. `version` names the very days: every process has
    the same one for the same days, so that answers of before a restart are known again, and others are not."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wake = asyncio.Event()
        self.days: Mapping[str, frozenset[date]] = {}
        self.version = version_of(self.days)

    def look_soon(self) -> None:
        """A stage reported something."""
        self._wake.set()

    async def run(self) -> None:
        """Follow the ledger, until cancelled. While it is away, what was known stays."""
        while True:
            with contextlib.suppress(LedgerUnavailableError):
                self._note(await asyncio.to_thread(self._ledger.ask, lambda reader: reader.failed_days()))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _INTERVAL)
            # Reports come in bursts; one look serves many.
            await asyncio.sleep(0.2)
            self._wake.clear()

    def _note(self, found: Mapping[str, frozenset[date]]) -> None:
        if found != self.days:
            self.days = found
            self.version = version_of(found)


def version_of(days: Mapping[str, frozenset[date]]) -> str:
    """The same in every process for the same days; empty if there are none."""
    told = sorted((dataset, day.isoformat()) for dataset, failed in days.items() for day in failed)
    return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest() if told else ""
