"""What the ledger says of the partitions that are looked at."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from nk_cli.validate.partition import Recorded
from nk_common.datasets.base import ControlTotals, PartitionKey
from nk_common.errors import LedgerUnavailableError
from nk_common.ledger.engine import open_ledger
from nk_common.ledger.models import PartitionRow
from nk_common.ledger.reader import LedgerReader
from nk_common.ledger.states import UNFINISHED


def read_ledger(
    url: str, datasets: Collection[str], start: date | None, end: date | None
) -> dict[PartitionKey, Recorded] | None:
    """None where there is no ledger yet. Raises LedgerUnavailableError, ConfigurationError."""
    if not ledger_exists(url):
        return None
    engine = open_ledger(url)
    try:
        rows = LedgerReader(engine).partitions(start or date.min, end or date.max, datasets)
    except SQLAlchemyError as error:
        raise LedgerUnavailableError(
            "The ledger cannot be read, so nothing can be held against it: is its database there, and is nkdash "
            "of one release?"
        ) from error
    finally:
        engine.dispose()
    return {PartitionKey.parse(row.dataset, row.day): _recorded(row) for row in rows}


def ledger_exists(url: str) -> bool:
    """Whether there may be a ledger. Asked before opening, for opening a SQLite database makes one."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return True  # opening it says what is wrong with it
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database
    return not is_file or Path(str(parsed.database)).exists()


def _recorded(row: PartitionRow) -> Recorded:
    return Recorded(row.loaded_version, _totals(row), row.state in UNFINISHED)


def _totals(row: PartitionRow) -> ControlTotals | None:
    if row.loaded_version is None or row.documents is None or row.lines is None:
        return None
    return ControlTotals(
        row.documents, row.lines, row.quantity or 0.0, row.amount or 0.0, row.payments or 0.0
    )
