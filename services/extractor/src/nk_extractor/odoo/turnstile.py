"""How many calls run at once, who goes first, and how long each takes: the same for both transports."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nk_common.errors import ODOO_AWAY
from nk_common.observability import Metrics


class Turnstile:
    """Lets at most `places` callers through at once; more wait. Times those inside."""

    def __init__(self, places: int, metrics: Metrics) -> None:
        self._free = places
        self._urgent_waiting = 0
        self.waiting = 0
        self.answering = True
        """False from the first call that found Odoo away, or nobody let in, until one that did not."""
        self._changed = threading.Condition()
        self._seconds, self._errors = metrics.odoo_seconds, metrics.odoo_errors

    def lane(self, *, urgent: bool = False) -> Lane:
        """A way in. While somebody waits in the urgent one, nobody else goes through."""
        return Lane(self, urgent)

    @contextmanager
    def turn(self, model: str, method: str, *, urgent: bool) -> Iterator[None]:
        """Around one call. Waiting for a place is not counted in its time."""
        self._enter(urgent)
        started = time.monotonic()
        try:
            yield
            self.answering = True
        except Exception as error:
            self.answering = not isinstance(error, ODOO_AWAY)
            self._errors.labels(model, type(error).__name__).inc()
            raise
        finally:
            self._seconds.labels(model, method).observe(time.monotonic() - started)
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _enter(self, urgent: bool) -> None:
        with self._changed:
            self.waiting += 1
            self._urgent_waiting += urgent
            self._changed.wait_for(lambda: self._free > 0 and (urgent or not self._urgent_waiting))
            self._urgent_waiting -= urgent
            self.waiting -= 1
            self._free -= 1


@dataclass(frozen=True)
class Lane:
    """Where the calls of one transport queue up."""

    turnstile: Turnstile
    urgent: bool

    @contextmanager
    def turn(self, model: str, method: str) -> Iterator[None]:
        """See `Turnstile.turn`."""
        with self.turnstile.turn(model, method, urgent=self.urgent):
            yield
