"""The housekeeping commands of `nk`: options in, sentences or JSON out, and an exit code.

Each loads what it needs when it runs: SQLAlchemy, Alembic and Polars are slow to load, and every other command, and
every completion of the shell, would wait for them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from nk_cli.housekeeping.refusal import failures_are_refusals
from nk_cli.housekeeping.running import refuse_while_running
from nk_cli.housekeeping.stages import Stage
from nk_cli.settings import RetentionSettings, ServingSettings
from nk_common.clock import SystemClock, today
from nk_common.settings import LakeSettings, load

_UNSAFE_RESET = (
    "days that are on their way would be thrown away half made",
    "the serving database is open; nk serving rebuild fills it anew while it runs",
)
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]

ledger = typer.Typer(no_args_is_help=True, help="The ledger: what was asked for and what is loaded.")


@ledger.command("rebuild")
def rebuild(as_json: Json = False) -> None:
    """Teach a ledger that was lost, or is too old, what the lake holds. Adds and raises; takes nothing away.

    Run it before nkdash starts again: then nothing that is loaded is read from Odoo a second time.
    """
    from nk_cli.housekeeping.holdings import layout_of
    from nk_cli.housekeeping.rebuild import rebuild_ledger
    from nk_cli.housekeeping.words import rebuilding_words

    settings = load(LakeSettings)
    layout = layout_of(settings)
    with failures_are_refusals(), _bar("Reading the lake") as advance:
        rebuilt = rebuild_ledger(layout, settings.ledger, SystemClock(), advance)
    _say(rebuilt.as_dict(), rebuilding_words(rebuilt), as_json)


def prune_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what the lake keeps longer than NK_RETENTION_... says, and left-overs of crashed writers.

    What figures were made of goes only where the figures are there; figures are kept for ever by default.
    """
    from nk_cli.housekeeping.holdings import layout_of
    from nk_cli.housekeeping.prune import plan_pruning, prune
    from nk_cli.housekeeping.words import pruning_words

    settings = load(RetentionSettings)
    layout = layout_of(settings)
    with failures_are_refusals():
        with _bar("Reading the lake") as advance:
            plan = plan_pruning(layout, settings, SystemClock(), advance)
        if not dry_run:
            with _bar("Removing") as advance:
                prune(layout, settings.ledger, plan, advance)
    _say({"dry_run": dry_run, **plan.as_dict()}, pruning_words(plan, dry_run=dry_run), as_json)


def reset_command(
    stage: Annotated[Stage, typer.Option("--from", help="What is kept, with everything before it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Throw away what was made from a stage; it is made again when nkdash starts. nkdash must be stopped.

    odoo: everything is read again. raw, clean: the later layers are made again without Odoo. star: only the serving
    database. What cannot be made again stays.
    """
    from nk_cli.housekeeping.holdings import layout_of
    from nk_cli.housekeeping.reset import plan_reset, reset
    from nk_cli.housekeeping.words import done_words, reset_words

    settings, clock = load(ServingSettings), SystemClock()
    layout = layout_of(settings)
    if not dry_run:
        refuse_while_running(settings, _UNSAFE_RESET[stage == "star"])
    with failures_are_refusals():
        with _bar("Reading the lake") as advance:
            files = settings.serving_files
            plan = plan_reset(layout, stage, today(clock, settings.zone), clock.now(), files, advance)
        typer.echo("\n".join(reset_words(plan)), err=as_json)
        if not dry_run:
            if not yes:
                typer.confirm("Go on?", abort=True, err=True)
            with _bar("Removing") as advance:
                stay = reset(layout, settings.ledger, plan, clock, advance)
            typer.echo(done_words(stay), err=as_json)
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, **plan.as_dict()}, indent=2))


def backup_command(
    folder: Annotated[
        Path, typer.Argument(help="A folder that is not there yet, or empty; not in the lake.")
    ],
    as_json: Json = False,
) -> None:
    """Copy lake and ledger into a folder, also while nkdash runs. It appears once it is whole.

    It holds what the lake holds, customers' names among it, and no settings and no passwords.
    """
    from nk_cli.housekeeping.backup import back_up
    from nk_cli.housekeeping.holdings import layout_of
    from nk_cli.housekeeping.words import backup_words

    settings = load(LakeSettings)
    layout = layout_of(settings)
    with failures_are_refusals(), _bar("Copying") as advance:
        manifest = back_up(settings, layout, folder, SystemClock(), advance)
    _say(manifest.model_dump(mode="json", exclude={"files"}), backup_words(folder, manifest), as_json)


def restore_command(
    folder: Annotated[Path, typer.Argument(help="What nk backup has made.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the lake and the ledger that are there.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only check the backup, and what is in its way.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Put lake and ledger back from a backup, once every byte of it is checked. nkdash must be stopped.

    Refuses to replace a lake or a ledger that holds anything, unless --force.
    """
    from nk_cli.housekeeping.manifest import verify
    from nk_cli.housekeeping.restore import check_place, restore
    from nk_cli.housekeeping.words import restore_words

    settings = load(ServingSettings)
    if not dry_run:
        refuse_while_running(settings, "it would write into a lake that is being replaced")
    with failures_are_refusals():
        with _bar("Checking") as advance:
            manifest = verify(folder, advance)
        check_place(settings, manifest, force=force)
        rebuilt = None
        if not dry_run:
            with _bar("Restoring") as advance:
                rebuilt = restore(settings, folder, manifest, settings.serving_files, SystemClock(), advance)
    document = {"dry_run": dry_run, "backup": manifest.model_dump(mode="json", exclude={"files"})}
    _say(document, restore_words(manifest, rebuilt), as_json)


def add_to(app: typer.Typer) -> None:
    """Give `nk` these commands."""
    app.command("backup", short_help="Copy lake and ledger into a folder.")(backup_command)
    app.command("restore", short_help="Put lake and ledger back from a backup.")(restore_command)
    app.command("reset", short_help="Throw away what was made from a stage.")(reset_command)
    app.command("prune", short_help="Remove what is kept longer than it should.")(prune_command)
    app.add_typer(ledger, name="ledger")


def _say(document: dict[str, Any], words: str, as_json: bool) -> None:
    typer.echo(json.dumps(document, indent=2) if as_json else words)


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A line of progress for people; nothing where nobody looks."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)
