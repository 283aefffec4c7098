"""What the routes work with; `app` puts it together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from nk_common.clock import Clock
from nk_query_api.metrics import ApiMetrics
from nk_query_api.pipeline.commands import Commands
from nk_query_api.pipeline.failures import Failures
from nk_query_api.pipeline.lag import Lags
from nk_query_api.pipeline.ledger import Ledger
from nk_query_api.pipeline.letters import Letters
from nk_query_api.pipeline.live import Hub
from nk_query_api.questions.context import Context
from nk_query_api.questions.members.index import MemberIndexes
from nk_query_api.serving.checking.checks import Checks
from nk_query_api.serving.keeper import Keeper
from nk_query_api.serving.reads import Reads
from nk_query_api.serving.store import ServingStore
from nk_query_api.settings import QueryApiSettings


@dataclass(frozen=True)
class Service:
    """The parts of one running query API."""

    settings: QueryApiSettings
    clock: Clock
    metrics: ApiMetrics
    store: ServingStore
    keeper: Keeper
    reads: Reads
    hub: Hub
    ledger: Ledger
    failures: Failures
    commands: Commands
    letters: Letters
    lags: Lags
    checks: Checks
    members: MemberIndexes

    def context(self) -> Context:
        """Now, to the minute: answers do not change, and stay cached, within one."""
        now = self.clock.now().astimezone(self.settings.zone).replace(tzinfo=None, second=0, microsecond=0)
        return Context(
            now=now,
            zone=self.settings.zone,
            currency=self.settings.currency,
            failed=self.failures.days,
            failures=self.failures.version,
        )


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]
