"""`nk odoo check`: whether Odoo answers, whom it lets in, and what that one may read."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

odoo = typer.Typer(no_args_is_help=True, help="The Odoo that the figures come from.")


@odoo.command("check")
def check(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Log in to Odoo, and say what its user may not read and what that costs. Changes nothing.

    Exit code 0 when all that is needed can be read; 1 when something is missing that figures need, or a setting would
    make them wrong; 69 when Odoo does not answer; 78 when ODOO_... is wrong or refused. Never shows the key.
    """
    # The extractor knows how to talk to Odoo; it is started for this one thing, with the same settings.
    command = [sys.executable, "-m", "nk_extractor", "check", *(["--json"] if as_json else [])]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
