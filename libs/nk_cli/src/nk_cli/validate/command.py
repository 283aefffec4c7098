"""`nk validate`: settings in, sentences out, and an exit code."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from itertools import groupby

from rich.console import Console
from rich.progress import Progress

from nk_cli.validate.finding import Finding
from nk_cli.validate.places import places
from nk_cli.validate.recorded import read_ledger
from nk_cli.validate.validation import Report, Surroundings, validate
from nk_cli.validate.walking import Scope
from nk_common.clock import Clock
from nk_common.datasets import REGISTRY, expand
from nk_common.errors import ConfigurationError
from nk_common.lake.layout import Layout
from nk_common.settings import LakeSettings

_SHOWN = 10


def run_validation(
    settings: LakeSettings,
    clock: Clock,
    console: Console,
    datasets: list[str],
    start: date | None,
    end: date | None,
) -> Report:
    """Look at the lake of `settings`, with a line of progress on `console`. Raises ConfigurationError,
    BadCommandError for an unknown dataset, LedgerUnavailableError."""
    if not settings.data_lake_root.is_dir():
        raise ConfigurationError(
            f"There is no lake at {settings.data_lake_root.absolute()}. Set DATA_LAKE_ROOT to where it is."
        )
    chosen = expand(datasets) if datasets else list(REGISTRY)
    names = [dataset.name for dataset in chosen]
    around = Surroundings(
        layout=Layout(settings.data_lake_root),
        ledger=lambda: read_ledger(settings.ledger, names, start, end),
        zone=settings.zone,
        transit_is_stock=settings.transit_is_stock,
        now=clock.now(),
    )
    scope = Scope(places(chosen), start, end, everywhere=not datasets)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Reading the lake", total=None)
        return validate(around, scope, lambda done, of: progress.update(task, completed=done, total=of))


def as_json(report: Report) -> str:
    """For scripts: what was looked at, and every finding."""
    findings = [{**asdict(f), "day": f.day.isoformat() if f.day else None} for f in report.findings]
    looked_at = {"files": report.files, "partitions": report.partitions, "rows": report.rows}
    return json.dumps({"failed": report.failed, "checked": looked_at, "findings": findings}, indent=2)


def as_text(report: Report) -> str:
    """For people: findings of one kind and dataset together, the first few of each."""
    lines = []
    grouped = groupby(report.findings, key=lambda f: (f.warning, f.kind, f.dataset or ""))
    for (warning, kind, dataset), group in grouped:
        found = list(group)
        lines += [f"{'warning' if warning else 'error'}: {kind} {dataset}".rstrip() + f" ({len(found)})"]
        lines += [line for finding in found[:_SHOWN] for line in _lines(finding)]
        if len(found) > _SHOWN:
            lines.append(f"  ... and {len(found) - _SHOWN} more; --json lists them all.")
    return "\n".join([*lines, _summary(report)])


def _lines(finding: Finding) -> list[str]:
    return [f"  {finding.path}", f"    {finding.sentence}", f"    {finding.action}"]


def _summary(report: Report) -> str:
    wrong = sum(not finding.warning for finding in report.findings)
    looked_at = f"{report.files:,} files with {report.rows:,} rows in {report.partitions:,} partitions"
    verdict = f"{wrong} findings" if wrong else "nothing is wrong"
    warnings = len(report.findings) - wrong
    return f"Looked at {looked_at}: {verdict}" + (f", {warnings} warnings." if warnings else ".")
