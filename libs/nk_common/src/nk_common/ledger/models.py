"""Tables of the ledger. Change them together with a migration (a test compares the two)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Float, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on every database, also on SQLite, which forgets offsets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    """Metadata of the ledger."""


class PartitionRow(Base):
    """State of one (dataset, day). `day` is ISO text, or `whole`.

    `state` is of the newest request; `loaded_*` and the totals are of the version that the lake holds,
    which a later failure does not take away. `inputs` names what a derived partition was last made of; it is
    null for what was read from Odoo. `rebuild` is the stage that the newest version is made by without Odoo:
    clean, load or derive; null for one that Odoo is read for. `sent_at` is when the newest request was put on the
    bus; null while it waits for its turn.
    """

    __tablename__ = "partitions"

    dataset: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    run_id: Mapped[str | None] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(String(20))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(BigInteger, default=0)
    inputs: Mapped[str | None] = mapped_column(String(40))
    rebuild: Mapped[str | None] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error_stage: Mapped[str | None] = mapped_column(String(12))
    error_class: Mapped[str | None] = mapped_column(String(80))
    error: Mapped[str | None] = mapped_column(Text)
    loaded_version: Mapped[int | None] = mapped_column(BigInteger)
    loaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    as_of: Mapped[datetime | None] = mapped_column(UtcDateTime)
    documents: Mapped[int | None] = mapped_column(Integer)
    lines: Mapped[int | None] = mapped_column(Integer)
    quantity: Mapped[float | None] = mapped_column(Float)
    amount: Mapped[float | None] = mapped_column(Float)
    payments: Mapped[float | None] = mapped_column(Float)
    rejected: Mapped[int] = mapped_column(Integer, default=0)

    __table_args__ = (Index("ix_partitions_state", "state"), Index("ix_partitions_day", "day"))


class RunRow(Base):
    """One accepted command, with the number of partitions it runs. `cancelled_at` is when it was taken back, and
    `cancelled` how many partitions of it nobody had begun by then. `outcome` is what a run found that loads nothing."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    command: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(String(200))
    requested_by: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    total: Mapped[int] = mapped_column(Integer)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    outcome: Mapped[str | None] = mapped_column(String(20))


class RunItemRow(Base):
    """A partition of a run. It is done when the lake holds an extraction begun at or after the run."""

    __tablename__ = "run_items"

    run_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)


class PausedRow(Base):
    """A dataset of which nothing is read until it is resumed."""

    __tablename__ = "paused_datasets"

    dataset: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(200))
    requested_by: Mapped[str | None] = mapped_column(String(100))


class WatermarkRow(Base):
    """How far the change watch has read a model. Only moves forward."""

    __tablename__ = "watermarks"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    write_date: Mapped[datetime] = mapped_column(UtcDateTime)


class DeadLetterRow(Base):
    """That a message went to the dead-letter topic, why, and what was done about it. The bytes are there, not here.

    `letter_*` is where they lie in that topic, `source_*` where the message came from; they are null in
    notes of older releases. `retry_of` is the letter that the message was a retry of. `resolution` is null while
    nothing was done; `resolved_command` is the command that did it, or the run that loaded its day since.
    """

    __tablename__ = "dead_letters"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    topic: Mapped[str] = mapped_column(String(120))
    error_class: Mapped[str] = mapped_column(String(80))
    message: Mapped[str] = mapped_column(Text)
    dataset: Mapped[str | None] = mapped_column(String(60))
    day: Mapped[str | None] = mapped_column(String(10))
    stage: Mapped[str | None] = mapped_column(String(12))
    attempts: Mapped[int | None] = mapped_column(Integer)
    run_id: Mapped[str | None] = mapped_column(String(100))
    source_partition: Mapped[int | None] = mapped_column(Integer)
    source_offset: Mapped[int | None] = mapped_column(BigInteger)
    letter_partition: Mapped[int | None] = mapped_column(Integer)
    letter_offset: Mapped[int | None] = mapped_column(BigInteger)
    retry_of: Mapped[int | None] = mapped_column(Integer, index=True)
    resolution: Mapped[str | None] = mapped_column(String(10))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str | None] = mapped_column(String(100))
    resolution_reason: Mapped[str | None] = mapped_column(String(200))
    resolved_command: Mapped[str | None] = mapped_column(String(100))
