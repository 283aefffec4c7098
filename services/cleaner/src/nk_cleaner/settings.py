"""Settings of the cleaner."""

from __future__ import annotations

from pydantic import Field

from nk_common.settings import BusSettings, LakeSettings


class CleanerSettings(LakeSettings, BusSettings):
    """Settings of the cleaner."""

    cleaner_port: int = Field(default=8102, ge=1, le=65535)
    reject_threshold: float = Field(
        default=0.01, ge=0, le=1, description="Share of rejected rows above which a day fails."
    )
