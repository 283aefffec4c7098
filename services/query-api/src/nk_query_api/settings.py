"""Settings of the query API, read once by `__main__`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from nk_common.settings import BusSettings, HealthSettings, LakeSettings


class QueryApiSettings(LakeSettings, BusSettings, HealthSettings):
    """Every field is the environment variable `NK_<FIELD>`, unless it names another."""

    query_api_port: int = Field(default=8100, ge=0, le=65535, description="Port to listen on.")
    serving_path: Path = Field(
        default=Path(".run/serving.duckdb"), description="The serving database: a cache, safe to delete."
    )
    serving_memory: str = Field(
        default="600MB",
        pattern=r"^[1-9]\d*(MB|GB)$",
        description="Memory that the serving database may use.",
    )
    serving_scan_interval: float = Field(
        default=30.0,
        gt=0,
        le=3600,
        description="Seconds between looks at the lake for days no event told of.",
    )
    query_timeout: float = Field(default=10.0, gt=0, le=600, description="Seconds that one answer may take.")
    sql: bool = Field(default=True, description="0 switches `POST /v1/sql` off.")
    sql_max_rows: int = Field(
        default=10_000, ge=1, le=1_000_000, description="Rows that SQL may answer with."
    )
    sql_timeout: float = Field(default=10.0, gt=0, le=600, description="Seconds that one SQL query may take.")
    export_timeout: float = Field(
        default=600.0,
        gt=0,
        le=86_400,
        description="Seconds that one download may take, from first to last byte.",
    )
    currency: str = Field(default="IDR", pattern="^[A-Z]{3}$", description="Company currency (ISO 4217).")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Other web addresses that may call the API from a browser, comma-separated."
    )

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )
