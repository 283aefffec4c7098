"""Alerts on Data Sync: what people were told of, what of it lasts, and whether messages arrive."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from nk_common.api.alerts import Alert, AlertNotification, Severity
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said, say
from nk_web.site import Site, status_of

LISTED = 20
# Signs and words, so that colour is never the only thing that tells two apart; those of data health.
SIGNS: dict[Severity, str] = {"warning": "!", "critical": "✕"}
LOOKS: dict[Severity, str] = {"warning": "late", "critical": "failing"}
CHANNEL_NAMES: dict[str, Said] = {"webhook": say("webhook"), "email": say("e-mail")}


def unsent(alert: Alert) -> Sequence[AlertNotification]:
    """What a channel did not take yet although it was tried."""
    return [one for one in alert.notifications if one.sent_at is None and one.attempts and one.error]


def add_to(router: APIRouter, site: Site) -> None:
    @router.get("/operational/alerts")
    async def alerts(request: Request) -> Response:
        trouble, found = None, None
        try:
            found = await site.api.ask(ask.alerts(LISTED))
        except API_ERRORS as error:
            trouble = site.trouble(error)
        context = {
            "alerts": found,
            "trouble": trouble,
            "signs": SIGNS,
            "looks": LOOKS,
            "channels": CHANNEL_NAMES,
            "unsent": unsent,
        }
        return site.partial(request, "partials/alerts.html", context, status_of(trouble))
