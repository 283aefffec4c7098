"""A small world with a clock that a test can turn."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nk_demo.orm.access import User
from nk_demo.orm.methods import Call, execute
from nk_demo.orm.view import Tables, View
from nk_demo.server import DemoServer, running
from nk_demo.settings import DemoSettings
from nk_demo.world.world import World, build_world

# 22:30 in Jakarta, with most of the day's sales rung up.
NOW = datetime(2026, 1, 20, 15, 30, 0, 123456, tzinfo=UTC)
ADMIN = User(2, "admin", "Asia/Jakarta", ("admin",))


@dataclass
class TurnedClock:
    """A clock that stands still until it is turned."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


def small(**changes: Any) -> DemoSettings:
    return DemoSettings(**{"port": 0, "days": 40, "orders_per_day": 30, "customers": 50, **changes})


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def world(clock: TurnedClock) -> World:
    return build_world(small(), clock)


@pytest.fixture(scope="session")
def still_world() -> World:
    """Shared by tests that only read."""
    return build_world(small(), TurnedClock())


Ask = Callable[..., Any]


def asker(world: World, user: User = ADMIN) -> Ask:
    """Calls a model method the way `execute_kw` does, without HTTP."""
    tables = Tables(world)

    def ask(model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        view = View(tables)
        return execute(Call(view, user, view.model(model)), method, list(args), kwargs)

    return ask


@pytest.fixture(scope="session")
def ask(still_world: World) -> Ask:
    return asker(still_world)


@pytest.fixture
def server(clock: TurnedClock) -> Iterator[DemoServer]:
    with running(small(), clock) as server:
        yield server
