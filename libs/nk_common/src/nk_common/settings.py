"""Settings: environment and `.env`, read once by a service's `__main__` and handed on.

Names that operators know from Odoo and Kafka keep them; everything else is `NK_…`. Every setting stands
in `.env.example` (a test compares the two).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nk_common.errors import ConfigurationError, NkError

EXIT_CONFIGURATION = 78
"""Exit code of a program whose settings are wrong (EX_CONFIG of sysexits.h)."""

S = TypeVar("S", bound=BaseSettings)
T = TypeVar("T")


def load(kind: type[S]) -> S:
    """Settings from the environment and `.env`. Raises ConfigurationError: one sentence per mistake, and
    never the value, which may be a secret."""
    try:
        return kind()
    except ValidationError as error:
        mistakes = (f"{_name_of(kind, mistake['loc'])}: {mistake['msg']}" for mistake in error.errors())
        raise ConfigurationError(f"Settings are wrong: {'; '.join(mistakes)}. See .env.example.") from None


def load_or_exit(kind: type[S]) -> S:
    """As `load`, for a program's start."""
    return or_exit(lambda: load(kind))


def or_exit(step: Callable[[], T]) -> T:
    """A step of a program's start; where it cannot be taken, says why and ends with EXIT_CONFIGURATION."""
    try:
        return step()
    except NkError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_CONFIGURATION) from None


def _name_of(kind: type[BaseSettings], location: tuple[int | str, ...]) -> str:
    """The environment variable that a mistake is about."""
    first = str(location[0]) if location else ""
    field = kind.model_fields.get(first)
    if field is None:
        return first
    return str(field.validation_alias or f"{kind.model_config.get('env_prefix', '')}{first}".upper())


KafkaKind = Literal["embedded", "apache", "external"]


class CommonSettings(BaseSettings):
    """What every service needs."""

    model_config = SettingsConfigDict(
        env_prefix="NK_", env_file=".env", extra="ignore", populate_by_name=True, frozen=True
    )

    timezone: str = "Asia/Jakarta"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone; use a name such as Asia/Jakarta") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class InnerSettings(CommonSettings):
    """Services that people do not open: where they listen."""

    http_host: str = "127.0.0.1"


class LakeSettings(InnerSettings):
    """Where the lake is, and the ledger that lies in it unless it is told to lie elsewhere."""

    data_lake_root: Path = Field(default=Path("data-lake"), validation_alias="DATA_LAKE_ROOT")
    ledger_url: str | None = None
    transit_is_stock: bool = Field(
        default=False, description="Whether goods in transit between warehouses count as stock."
    )

    @property
    def ledger(self) -> str:
        """SQLAlchemy address of the ledger."""
        return self.ledger_url or f"sqlite:///{self.data_lake_root / 'metadata' / 'ledger.db'}"


KINDS = ("sales", "bills", "moves", "stock", "derived", "dimensions")
"""Kinds of datasets by how old they may be; `nk_common.datasets.base.Freshness` (a test compares the two)."""
_LONGEST = 366 * 86_400.0


def _seconds(default: float, what: str) -> float:
    """A threshold of age, in seconds."""
    found: float = Field(default=default, gt=0, le=_LONGEST, description=what)
    return found


class HealthSettings(InnerSettings):
    """How old the newest reading of a dataset may be, in seconds, before it is late, and before it is failing.

    One pair for each kind of dataset (`nk_common.datasets.base.Freshness`).
    """

    initial_days: int = Field(
        default=35, ge=1, le=3660, description="Days before and including today that should be loaded."
    )
    late_after_sales: float = _seconds(1800.0, "Sales of the till and by invoice are late after this.")
    failing_after_sales: float = _seconds(7200.0, "... and failing after this.")
    late_after_bills: float = _seconds(3600.0, "Vendor bills are late after this.")
    failing_after_bills: float = _seconds(14_400.0, "... and failing after this.")
    late_after_moves: float = _seconds(3600.0, "Stock moves are late after this.")
    failing_after_moves: float = _seconds(14_400.0, "... and failing after this.")
    late_after_stock: float = _seconds(3600.0, "The stock that lies there now is late after this.")
    failing_after_stock: float = _seconds(14_400.0, "... and failing after this.")
    late_after_derived: float = _seconds(
        5400.0, "What is made of other datasets (profit) is late after this."
    )
    failing_after_derived: float = _seconds(14_400.0, "... and failing after this.")
    late_after_dimensions: float = _seconds(21_600.0, "Products, partners and the like are late after this.")
    failing_after_dimensions: float = _seconds(86_400.0, "... and failing after this.")

    @field_validator(*(f"failing_after_{kind}" for kind in KINDS))
    @classmethod
    def _later_than_late(cls, seconds: float, info: ValidationInfo) -> float:
        late = f"{info.field_name}".replace("failing", "late", 1)
        if seconds <= info.data.get(late, 0.0):
            raise ValueError(f"must be longer than NK_{late.upper()}, or nothing would ever be only late")
        return seconds


class BusSettings(InnerSettings):
    """How to reach the broker. `KAFKA` is only read by `nk up`; services see an address."""

    kafka: KafkaKind = Field(default="embedded", validation_alias="KAFKA")
    kafka_bootstrap_servers: str = Field(
        default="127.0.0.1:19092", validation_alias="KAFKA_BOOTSTRAP_SERVERS"
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="PLAIN", validation_alias="KAFKA_SASL_MECHANISM"
    )
    kafka_sasl_username: str | None = Field(default=None, validation_alias="KAFKA_SASL_USERNAME")
    kafka_sasl_password: SecretStr | None = Field(default=None, validation_alias="KAFKA_SASL_PASSWORD")
    kafka_ssl_cafile: Path | None = Field(default=None, validation_alias="KAFKA_SSL_CAFILE")
    topic_partitions: int = Field(default=6, ge=1, le=1000)
    topic_replication: int = Field(default=1, ge=1, le=10)
    session_timeout: float = Field(
        default=6.0, ge=1, le=300, description="Seconds until a silent consumer is out."
    )
    otel_endpoint: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Where workers send traces by OTLP/HTTP; empty: nowhere.",
    )
    retry_attempts: int = Field(default=6, ge=1, le=100)
    retry_budget: float = Field(default=60.0, gt=0, le=240, description="Seconds of retries per message.")
    retry_wait: float = Field(default=0.5, ge=0, le=60, description="Seconds before the first retry.")
