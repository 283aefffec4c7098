"""Settings of `nk up`: where everything runs on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, HttpUrl, field_validator, model_validator

from nk_common.settings import BusSettings, CommonSettings, LakeSettings


class UpSettings(LakeSettings, BusSettings):
    """What `nk up` needs to know of all the services it starts."""

    run_dir: Path = Field(default=Path(".run"), description="Logs, the serving database, the demo's journal.")
    odoo_host: str = Field(default="", validation_alias="ODOO_HOST")
    initial_days: int = Field(default=35, ge=1, le=3660)
    kafka_port: int = Field(default=19092, ge=1, le=65535)
    demo_port: int = Field(default=18069, ge=1, le=65535)
    extractor_port: int = Field(default=8101, ge=1, le=65535)
    cleaner_port: int = Field(default=8102, ge=1, le=65535)
    loader_port: int = Field(default=8103, ge=1, le=65535)
    notifier_port: int = Field(default=8104, ge=1, le=65535)
    query_api_port: int = Field(default=8100, ge=1, le=65535)
    web_port: int = Field(default=8080, ge=1, le=65535)
    demo_live: bool = True
    demo_live_every: float = Field(default=20.0, gt=0)

    @property
    def uses_demo(self) -> bool:
        return not self.odoo_host


class ServingSettings(UpSettings):
    """Where the serving databases of this machine lie, beside what `nk up` knows."""

    serving_path: Path = Field(default=Path(".run/serving.duckdb"), description="As the query API knows it.")

    @property
    def serving_files(self) -> tuple[Path, ...]:
        """The query API's own, and that of `nk up`, each with its journal."""
        databases = dict.fromkeys((self.serving_path, self.run_dir / "serving.duckdb"))
        return tuple(path for one in databases for path in (one, one.with_name(f"{one.name}.wal")))


class RetentionSettings(LakeSettings):
    """For how many days each layer is kept; 0, or nothing, is for ever."""

    initial_days: int = Field(default=35, ge=1, le=3660)
    retention_raw_days: int = Field(default=90, ge=0, description="Days that raw/ is kept.")
    retention_clean_days: int = Field(default=400, ge=0, description="Days that clean/ is kept.")
    retention_rejected_days: int = Field(default=0, ge=0, description="Days that rejected rows are kept.")
    retention_star_days: int = Field(default=0, ge=0, description="Days that figures are kept.")

    @field_validator(
        "retention_raw_days", "retention_clean_days", "retention_rejected_days", "retention_star_days",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _nothing_is_for_ever(cls, value: object) -> object:
        return 0 if value == "" else value

    @model_validator(mode="after")
    def _figures_outlive_the_window(self) -> RetentionSettings:
        if 0 < self.retention_star_days < self.initial_days:
            raise ValueError(
                f"NK_RETENTION_STAR_DAYS is less than NK_INITIAL_DAYS ({self.initial_days}), so what is removed would "
                "be read again at once"
            )
        return self


class ApiSettings(CommonSettings):
    """Where the commands that ask the running query API find it."""

    query_api_url: HttpUrl = Field(
        default=HttpUrl("http://127.0.0.1:8100"), description="Where the query API answers."
    )


def inherited_environment() -> dict[str, str]:
    """The environment that children get; theirs is this one plus what `nk up` decides."""
    return dict(os.environ)
