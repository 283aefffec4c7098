"""Settings of the loader."""

from __future__ import annotations

from pydantic import Field

from nk_common.settings import BusSettings, LakeSettings


class LoaderSettings(LakeSettings, BusSettings):
    """Settings of the loader."""

    loader_port: int = Field(default=8103, ge=1, le=65535)
