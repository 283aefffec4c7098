"""The housekeeping commands of `nk`: options in, sentences or JSON out, and an exit code."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from nk_cli.housekeeping.holdings import Advance, layout_of
from nk_cli.housekeeping.prune import plan_pruning, prune
from nk_cli.housekeeping.rebuild import rebuild_ledger
from nk_cli.housekeeping.refusal import failures_are_refusals
from nk_cli.housekeeping.words import pruning_words, rebuilding_words
from nk_cli.settings import RetentionSettings
from nk_common.clock import SystemClock
from nk_common.settings import LakeSettings, load

Json = Annotated[bool, typer.Option("--json", help="For scripts.")]

ledger = typer.Typer(no_args_is_help=True, help="The ledger: what was asked for and what is loaded.")


@ledger.command("rebuild")
def rebuild(as_json: Json = False) -> None:
    """Teach a ledger that was lost, or is too old, what the lake holds. Adds and raises; takes nothing away.

    Run it before nkdash starts again: then nothing that is loaded is read from Odoo a second time.
    """
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
    settings = load(RetentionSettings)
    layout = layout_of(settings)
    with failures_are_refusals():
        with _bar("Reading the lake") as advance:
            plan = plan_pruning(layout, settings, SystemClock(), advance)
        if not dry_run:
            with _bar("Removing") as advance:
                prune(layout, settings.ledger, plan, advance)
    _say({"dry_run": dry_run, **plan.as_dict()}, pruning_words(plan, dry_run=dry_run), as_json)


def add_to(app: typer.Typer) -> None:
    """Give `nk` these commands."""
    app.command("prune")(prune_command)
    app.add_typer(ledger, name="ledger")


def _say(document: dict[str, Any], words: str, as_json: bool) -> None:
    typer.echo(json.dumps(document, indent=2) if as_json else words)


@contextlib.contextmanager
def _bar(what: str) -> Iterator[Advance]:
    """A line of progress for people; nothing where nobody looks."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)
