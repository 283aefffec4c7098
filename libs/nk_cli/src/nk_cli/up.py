"""`nk up`: everything on this machine, with progress and one address to open."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from nk_cli.checks import check_folder, check_ports
from nk_cli.processes import Child, Program, port_answers, stop_all
from nk_cli.progress import LoadProgress, load_progress
from nk_cli.settings import UpSettings
from nk_cli.stack import LOOPBACK, waves
from nk_common.clock import Clock, today
from nk_common.errors import ConfigurationError
from nk_common.settings import EXIT_CONFIGURATION

_TICK = 0.25
_TOO_MANY_RESTARTS = 20


class Stopped(Exception):  # noqa: N818
    """Somebody asked to stop."""


class Up:
    """Starts the programs, keeps them running, and stops them all at the end."""

    def __init__(
        self,
        settings: UpSettings,
        project: Path,
        environment: Mapping[str, str],
        clock: Clock,
        console: Console,
    ) -> None:
        self._settings = settings
        self._project = project
        self._environment = environment
        self._clock = clock
        self._console = console
        self._children: list[Child] = []
        self._stop = threading.Event()

    def run(self) -> None:
        """Until Ctrl-C or SIGTERM. Raises ConfigurationError when it cannot start."""
        check_folder(self._settings.data_lake_root, "The data lake", "DATA_LAKE_ROOT")
        check_folder(self._settings.run_dir, "The run folder", "NK_RUN_DIR")
        wanted = waves(self._settings, self._project)
        check_ports({program.name: program.port for wave in wanted for program in wave})
        with self._signals():
            try:
                self._start(wanted)
                self._follow_load()
                self._supervise_until_stopped()
            except Stopped:
                self._console.print("\nStopping ...")
            finally:
                stop_all(self._children)
        self._console.print("Stopped. Everything loaded so far stays in the lake.")

    def _start(self, wanted: list[list[Program]]) -> None:
        """Wave by wave; the address is said as soon as the page answers."""
        for number, wave in enumerate(wanted):
            for program in wave:
                self._children.append(Child(program, self._environment, self._log_of(program)))
            for program in wave:
                self._wait_for(program)
            if number == 0:
                self._say_address()

    def _say_address(self) -> None:
        source = "the demo shop" if self._settings.uses_demo else self._settings.odoo_host
        address = f"http://{LOOPBACK}:{self._settings.web_port}"
        self._console.print(f"nkdash shows {source}. Open [bold]{address}[/bold]  (Ctrl-C stops it)")

    def _wait_for(self, program: Program) -> None:
        child = next(c for c in self._children if c.program is program)
        deadline = time.monotonic() + program.patience
        while not port_answers(program.port):
            self._pause()
            if not child.running or time.monotonic() > deadline:
                words = child.last_words()
                raise ConfigurationError(
                    f"{program.name} did not start; its log is {self._log_of(program)}. It says: {words}"
                )

    def _follow_load(self) -> None:
        """Show how the window fills, until it is complete or nothing more will come by itself."""
        with (
            httpx.Client(base_url=f"http://{LOOPBACK}:{self._settings.query_api_port}", timeout=5) as client,
            _progress(self._console) as bar,
        ):
            task = bar.add_task("Loading", total=None)
            told: tuple[str, ...] = ()
            while True:
                now = load_progress(
                    client, today(self._clock, self._settings.zone), self._settings.initial_days
                )
                if now is not None:
                    told = self._show(bar, task, now, told)
                    if now.complete:
                        break
                self._pause()
                self._restart_dead()
        self._console.print("All days are loaded; changes in Odoo follow within a minute.")

    def _show(self, bar: Progress, task: TaskID, now: LoadProgress, told: tuple[str, ...]) -> tuple[str, ...]:
        bar.update(task, total=now.total, completed=now.loaded)
        if now.errors != told:
            for error in set(now.errors) - set(told):
                bar.console.print(f"[red]{now.failed} days failed:[/red] {error}")
        return now.errors

    def _supervise_until_stopped(self) -> None:
        while True:
            self._pause()
            self._restart_dead()

    def _restart_dead(self) -> None:
        for child in self._children:
            if child.running:
                continue
            if child.exit_code == EXIT_CONFIGURATION:
                raise ConfigurationError(child.last_words())
            if child.restarts >= _TOO_MANY_RESTARTS:
                raise ConfigurationError(
                    f"{child.program.name} ended again and again; its log is {self._log_of(child.program)}. "
                    f"It says: {child.last_words()}"
                )
            self._console.print(f"{child.program.name} ended ({child.exit_code}); starting it again.")
            child.restart()

    def _pause(self) -> None:
        if self._stop.wait(_TICK):
            raise Stopped

    def _log_of(self, program: Program) -> Path:
        return self._settings.run_dir / "logs" / f"{program.name}.log"

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        def stop(_signal: int, _frame: FrameType | None) -> None:
            self._stop.set()

        previous = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )
