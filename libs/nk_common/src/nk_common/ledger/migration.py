"""Bringing the ledger's tables up to date. Apart from the engine, because Alembic is slow to import and only
the extractor needs it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> None:
    """Bring the ledger's tables to the newest version; safe to call from several processes."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7265747)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
