"""A few at once: what is costly must not take everything that the dashboard needs."""

from __future__ import annotations

from nk_query_api.errors import BusyError


class Slots:
    """Places for work of one kind. Used on the event loop only."""

    def __init__(self, places: int, sentence: str) -> None:
        self._free = places
        self._sentence = sentence

    def take(self) -> None:
        """Raises BusyError with the sentence when all are taken."""
        if self._free <= 0:
            raise BusyError(self._sentence)
        self._free -= 1

    def give_back(self) -> None:
        self._free += 1
