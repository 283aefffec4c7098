"""Who calls Odoo first."""

from __future__ import annotations

import threading

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
