"""`python -m nk_demo`: run the demo Odoo until SIGTERM or SIGINT."""

import errno
import logging
import signal
import sys
from threading import Event

import structlog
from pydantic import ValidationError
from pydantic_settings import SettingsError

from nk_demo.server import DemoServer
from nk_demo.settings import DemoSettings
from nk_demo.world.journal import JournalError

EXIT_SETTINGS, EXIT_PORT, EXIT_JOURNAL = 2, 3, 4


def main() -> int:
    """Run, and give the exit code: 0 stopped, 2 bad setting, 3 port taken, 4 unusable journal."""
    _log_json()
    log = structlog.get_logger()
    try:
        settings = DemoSettings()
    except (ValidationError, SettingsError) as error:
        log.error(_setting_sentence(error))  # noqa: TRY400
        return EXIT_SETTINGS
    try:
        server = DemoServer(settings)
    except OSError as error:
        log.error(_listen_sentence(settings, error))  # noqa: TRY400
        return EXIT_PORT
    except JournalError as error:
        log.error(f"{error}.")  # noqa: G004, TRY400
        return EXIT_JOURNAL
    _run(server)
    return 0


def _run(server: DemoServer) -> None:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    server.start()
    health = server.control.get("/healthz", {})
    structlog.get_logger().info("demo.started", url=server.url, db=server.settings.db, **health)
    stop.wait()
    server.stop()
    structlog.get_logger().info("demo.stopped")


def _setting_sentence(error: ValidationError | SettingsError) -> str:
    if isinstance(error, SettingsError):
        return f"A setting cannot be read: {error}."
    first = error.errors(include_input=False, include_url=False)[0]
    name = str(first["loc"][0]).upper() if first["loc"] else ""
    return f"The setting NK_DEMO_{name} is wrong: {first['msg']}."


def _listen_sentence(settings: DemoSettings, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} on {settings.host} is already in use; set NK_DEMO_PORT to a free one."
    return f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}."


def _log_json() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
