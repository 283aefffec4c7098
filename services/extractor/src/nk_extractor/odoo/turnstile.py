"""How many calls run at once, and how long each takes: the same for both transports."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nk_common.observability import Metrics


class Turnstile:
    """Lets at most `places` callers through at once; more wait. Times those inside."""

    def __init__(self, places: int, metrics: Metrics) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._seconds = metrics.odoo_seconds

    @contextmanager
    def turn(self, model: str, method: str) -> Iterator[None]:
        """Around one call. Waiting for a place is not counted in its time."""
        with self._places:
            started = time.monotonic()
            try:
                yield
            finally:
                self._seconds.labels(model, method).observe(time.monotonic() - started)
