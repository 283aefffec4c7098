"""The server: a world behind HTTP, for `python -m nk_demo` and, in-process, for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from threading import Event, Thread

import structlog

from nk_demo.clock import Clock, clock_from
from nk_demo.control import Control
from nk_demo.faults import FaultPlan
from nk_demo.handler import Handler
from nk_demo.orm.access import build_users
from nk_demo.orm.versions import Edition
from nk_demo.rpc import Services
from nk_demo.settings import DemoSettings
from nk_demo.world.world import World, build_world


class _Http(ThreadingHTTPServer):
    """Threads die with the process: a hanging client must not keep it alive."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_args: object) -> None:
        """A client that hung up is nothing to report."""


class DemoServer:
    """One demo Odoo. Listens from the moment it is made; answers between `start` and `stop`."""

    def __init__(self, settings: DemoSettings, clock: Clock | None = None) -> None:
        """Raises `OSError` if the port is taken and `JournalError` for a journal of another world."""
        self.settings = settings
        self.stopping = Event()
        self.world: World = build_world(settings, clock or clock_from(settings.now), settings.state)
        self.faults = FaultPlan(settings.faults, settings.seed, settings.latency)
        password = settings.admin_password.get_secret_value()
        key = settings.api_key.get_secret_value()
        users = build_users(self.world.shop.people.stores, settings.tz, password, key)
        edition = Edition(settings.version, settings.modules_missing)
        self.services = Services(self.world, users, settings.db, edition)
        self.control = Control(self.world, self.services, self.faults)
        handler = type("BoundHandler", (Handler,), {"app": self})
        self._http = _Http((settings.host, settings.port), handler)
        self._threads = [Thread(target=self._serve, name="demo-http", daemon=True)]
        if settings.live:
            self._threads.append(Thread(target=self._live, name="demo-live", daemon=True))

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self.settings.host

    @property
    def port(self) -> int:
        """The port it listens on; the real one if 0 was asked for."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Begin to answer, and to live."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop answering; waiting calls are dropped."""
        self.stopping.set()
        if self._threads[0].is_alive():
            self._http.shutdown()
        self._http.server_close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=2)

    def _serve(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def _live(self) -> None:
        log = structlog.get_logger()
        while not self.stopping.wait(self.settings.live_every):
            try:
                action, order = self.world.act()
                log.info("demo.live", action=action, order_id=order.id, amount_total=order.total / 100)
            except Exception:  # a day full of live sales must not end the demo
                log.exception("demo.live_failed")


@contextmanager
def running(settings: DemoSettings | None = None, clock: Clock | None = None) -> Iterator[DemoServer]:
    """A demo Odoo for the length of a `with` block; give `port=0` to take a free port."""
    server = DemoServer(settings or DemoSettings(port=0), clock)
    server.start()
    try:
        yield server
    finally:
        server.stop()
