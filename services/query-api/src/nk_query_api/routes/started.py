"""Answers of requests that start work, or only ask what it would be done for."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response

from nk_common.api.pipeline import CommandPlan
from nk_query_api.pipeline.commands import Answer
from nk_query_api.routes.answers import NO_CACHE

DRY_RUN: dict[int | str, dict[str, Any]] = {
    200: {"model": CommandPlan, "description": "A dry run: the days it would be done for"}
}
"""For the OpenAPI document."""


def answered(answer: Answer) -> Response:
    """202 for what was started, 200 for a dry run."""
    status = 200 if isinstance(answer, CommandPlan) else 202
    return Response(answer.model_dump_json(), status, NO_CACHE, "application/json")
