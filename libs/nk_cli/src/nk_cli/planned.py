"""What a dry run says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from nk_cli.control import Plan
from nk_common.datasets.base import WHOLE
from nk_common.events.commands import Command

_WOULD = {
    "backfill": "be loaded",
    "refresh-dimensions": "be read again",
    "snapshot-stock": "be read",
    "reconcile": "be compared with Odoo",
    "cancel": "be taken back",
    "pause": "be kept waiting",
    "resume": "be read",
}


def as_text(command: Command, plan: Plan) -> str:
    """A sentence, and a line for each dataset."""
    would = _WOULD.get(command.type, "be concerned")
    if not plan:
        return f"Nothing was done. No day would {would}."
    days = sum(_days(rows) for rows in plan.values())
    width = max(map(len, plan))
    lines = [f"{name:<{width}}  {_shown(rows)}" for name, rows in plan.items()]
    return "\n".join([f"Nothing was done. This would {would} ({days} in all):", *lines])


def _shown(rows: Iterable[str]) -> str:
    return ", ".join(row.replace("/", " to ") for row in rows)


def _days(rows: Iterable[str]) -> int:
    return sum(_length(row) for row in rows)


def _length(row: str) -> int:
    if row == WHOLE:
        return 1
    first, _, last = row.partition("/")
    return (date.fromisoformat(last or first) - date.fromisoformat(first)).days + 1
