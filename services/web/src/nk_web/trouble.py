"""Errors of the query API as the reader is told them: what happened, what it means, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from nk_web.api_client import (
    ApiDownError,
    ApiError,
    ApiFailedError,
    ApiNotReadyError,
    ApiRefusedError,
    ApiSlowError,
)
from nk_web.i18n import Said, say


@dataclass(frozen=True)
class Trouble:
    """`heals` means that the page asks again by itself, without being told to."""

    kind: str
    title: Said
    meaning: Said
    advice: Said
    detail: str = ""
    heals: bool = False


def trouble_for(error: ApiError) -> Trouble:
    if isinstance(error, ApiDownError):
        return _down()
    if isinstance(error, ApiNotReadyError):
        return _not_ready(str(error))
    if isinstance(error, ApiSlowError):
        return _slow()
    if isinstance(error, ApiFailedError):
        return _failed(str(error))
    return _refused(str(error)) if isinstance(error, ApiRefusedError) else _unreadable(str(error))


def _down() -> Trouble:
    return Trouble(
        "down",
        say("The data service does not answer."),
        say("No figures can be shown; nothing has been lost."),
        say("This page tries again by itself every few seconds. If it lasts, start the query API."),
        heals=True,
    )


def _not_ready(detail: str) -> Trouble:
    return Trouble(
        "waiting",
        say("The data service is not ready yet."),
        say("No figures can be shown; nothing has been lost."),
        say("This page tries again by itself every few seconds."),
        detail,
        heals=True,
    )


def _slow() -> Trouble:
    return Trouble(
        "slow",
        say("The data service takes too long to answer."),
        say("These figures are missing here; the rest of the page is right."),
        say("Try again, or choose a shorter range."),
    )


def _failed(detail: str) -> Trouble:
    return Trouble(
        "failed",
        say("The data service could not work this out."),
        say("These figures are missing here; they are not zero."),
        say("Try again. If it happens every time, the reason below helps whoever looks after the system."),
        detail,
    )


def _refused(detail: str) -> Trouble:
    return Trouble(
        "refused",
        say("The data service does not accept this request."),
        say("Nothing was changed and no figures are shown."),
        say("Correct what the reason below names."),
        detail,
    )


def _unreadable(detail: str) -> Trouble:
    return Trouble(
        "unreadable",
        say("The data service answered in a form that this page does not know."),
        say("The figures are not shown, because they could be wrong."),
        say("Bring the web service and the query API to the same version."),
        detail,
    )
