"""Who calls Odoo first."""

from __future__ import annotations

import threading

import pytest

from nk_common.errors import (
    NkError,
    NoOdooError,
    OdooCredentialsError,
    OdooRefusedError,
    OdooUnavailableError,
)
from nk_common.observability import Metrics
from nk_extractor.odoo.turnstile import Lane, Turnstile

PATIENCE = 5


def test_the_urgent_go_first_and_never_more_than_there_are_places() -> None:
    turnstile = Turnstile(1, Metrics())
    ordinary, urgent = turnstile.lane(), turnstile.lane(urgent=True)
    order: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with ordinary.turn("m", "first"):
            inside.set()
            assert leave.wait(PATIENCE)
            order.append("first")

    def call(name: str, lane: Lane) -> None:
        with lane.turn("m", name):
            order.append(name)

    threads = [threading.Thread(target=hold)]
    threads[0].start()
    assert inside.wait(PATIENCE)
    for name, lane in (("history", ordinary), ("more history", ordinary), ("look", urgent)):
        threads.append(threading.Thread(target=call, args=(name, lane)))
        threads[-1].start()
    while turnstile.waiting < 3:
        threading.Event().wait(0.01)
    leave.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert order[:2] == ["first", "look"]
    assert sorted(order[2:]) == ["history", "more history"]


@pytest.mark.parametrize(
    ("error", "answers"),
    [
        (OdooUnavailableError("away"), False),
        (OdooCredentialsError("the key has expired"), False),
        (NoOdooError("a proxy says 404"), False),
        (OdooRefusedError("no rights to this model"), True),
    ],
)
def test_odoo_is_away_while_nothing_at_all_can_be_read(error: NkError, answers: bool) -> None:
    """A refusal of one model is an answer."""
    turnstile = Turnstile(1, Metrics())
    lane = turnstile.lane()
    with pytest.raises(NkError), lane.turn("m", "read"):
        raise error
    assert turnstile.answering == answers
    with lane.turn("m", "read"):
        pass
    assert turnstile.answering
