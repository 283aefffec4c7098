"""Data health on Data Sync: which datasets are late or failing, why, and what to do."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from nk_common.api.health import DatasetHealth, HealthState, PipelineHealth
from nk_web import questions as ask
from nk_web.api_client import API_ERRORS
from nk_web.i18n import Said, say
from nk_web.site import Context, Site, status_of
from nk_web.trouble import Trouble

HEALTH_NAMES: dict[HealthState, Said] = {
    "healthy": say("healthy"),
    "late": say("late"),
    "failing": say("failing"),
}
# Signs of one width that say the state without colour, as those of days do.
HEALTH_SIGNS: dict[HealthState, str] = {"healthy": "✓", "late": "!", "failing": "✕"}


def unwell(health: PipelineHealth) -> list[DatasetHealth]:
    """Datasets that are not healthy, failing ones first, else in the order of the API."""
    found = [one for one in health.datasets if one.state != "healthy"]
    return sorted(found, key=lambda one: one.state != "failing")


async def first_health(site: Site, patience: float | None) -> PipelineHealth | None:
    """For the page's first answer; None while it is not known, and the section then asks by itself."""
    try:
        return await site.api.ask(ask.health(), patience)
    except API_ERRORS:
        return None


def health_context(health: PipelineHealth | None, trouble: Trouble | None = None) -> Context:
    return {
        "health": health,
        "unwell": unwell(health) if health else [],
        "health_trouble": trouble,
        "health_names": HEALTH_NAMES,
        "health_signs": HEALTH_SIGNS,
    }


def add_to(router: APIRouter, site: Site) -> None:
    @router.get("/operational/health")
    async def health(request: Request) -> Response:
        trouble, found = None, None
        try:
            found = await site.api.ask(ask.health())
        except API_ERRORS as error:
            trouble = site.trouble(error)
        context = health_context(found, trouble)
        return site.partial(request, "partials/health.html", context, status_of(trouble))
