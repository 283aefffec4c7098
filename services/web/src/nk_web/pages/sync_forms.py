"""The forms of Data Sync, as they were filled in: a request to the API, or the sentence that says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from nk_common.api.pipeline import BackfillRequest, ReconciliationRequest
from nk_web.i18n import Said, say
from nk_web.site import Form, FormTooLongError, read_form

Asked = TypeVar("Asked", bound=BaseModel)

TOO_LONG = say("The form was too long to be read.")
NO_DATASET = say("Choose at least one dataset.")
NO_RUN = say("The form names no run, so nothing was cancelled.")
LONGEST_REASON = 200


@dataclass(frozen=True)
class Filled(Generic[Asked]):
    request: Asked | None
    problem: Said | None = None


async def read_backfill(request: Request, today: date) -> Filled[BackfillRequest]:
    try:
        form = await read_form(request)
    except FormTooLongError:
        return Filled(None, TOO_LONG)
    datasets = list(dict.fromkeys(form.getlist("dataset")))
    if not datasets:
        return Filled(None, NO_DATASET)
    days = _days(form, today)
    if isinstance(days, Said):
        return Filled(None, days)
    start, end = days
    reason = form.get("reason", "").strip()[:LONGEST_REASON] or None
    try:
        return Filled(
            BackfillRequest(datasets=datasets, start=start, end=end, force="force" in form, reason=reason)
        )
    except ValidationError as error:
        return Filled(None, say("This cannot be loaded: %(why)s", why=error.errors()[0]["msg"]))


async def read_reconciliation(request: Request, today: date) -> Filled[ReconciliationRequest]:
    """No dataset means all that can be compared."""
    try:
        form = await read_form(request)
    except FormTooLongError:
        return Filled(None, TOO_LONG)
    days = _days(form, today)
    if isinstance(days, Said):
        return Filled(None, days)
    dataset = form.get("dataset", "")
    return Filled(
        ReconciliationRequest(datasets=[dataset] if dataset else [], start=days[0], end=days[1], reason=None)
    )


def _days(form: Form, today: date) -> tuple[date, date] | Said:
    try:
        start, end = date.fromisoformat(form.get("start", "")), date.fromisoformat(form.get("end", ""))
    except ValueError:
        return say("Give a first and a last day.")
    if start > end:
        return say("The first day is after the last day.")
    if start > today:
        return say("These days have not happened yet.")
    return start, end
