"""The use cases: look and judge, and write the digest of yesterday once it is due."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from nk_common.clock import Clock
from nk_common.errors import LedgerUnavailableError
from nk_common.format import Formats
from nk_common.ledger.alerts import DigestRow
from nk_common.observability import logger
from nk_notifier.changes import changes
from nk_notifier.channels.base import Message
from nk_notifier.digest.due import Hours, Standing, standing
from nk_notifier.digest.figures import Answers, figures_of
from nk_notifier.digest.text import digest_message
from nk_notifier.findings import Patience, findings
from nk_notifier.looking import DayFacts, Looking
from nk_notifier.metrics import NotifierMetrics
from nk_notifier.query_api import QueryApi, QueryApiAwayError
from nk_notifier.settings import NotifierSettings
from nk_notifier.store import Store


class Alerting:
    """Looks at everything, and opens and closes alerts."""

    def __init__(
        self,
        settings: NotifierSettings,
        looking: Looking,
        store: Store,
        clock: Clock,
        metrics: NotifierMetrics,
    ) -> None:
        self._settings = settings
        self._looking = looking
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._log = logger(__name__)
        self.problem: str | None = "nothing was judged yet"
        """Why nothing is judged; None when all is well."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.once()
            except LedgerUnavailableError as error:
                if self.problem != str(error):
                    self._log.warning("nothing is judged", error=str(error))
                self.problem = str(error)
            except Exception as error:
                self.problem = f"looking failed ({type(error).__name__}); its log says more"
                self._log.exception("looking failed")
            await asyncio.sleep(self._settings.alert_interval)

    async def once(self) -> None:
        """One look. Raises LedgerUnavailableError."""
        facts = await self._looking.facts()
        settings = self._settings
        found = findings(facts, Patience(settings.hold, settings.failed_hold))
        now = self._clock.now()
        done = await asyncio.to_thread(
            self._store.apply,
            lambda known: changes(known, found, now, settings.recover, facts.unknown),
            now,
        )
        self._metrics.show_open(await asyncio.to_thread(self._store.open_by_code))
        self._metrics.looked.set(now.timestamp())
        self.problem = None
        for step in done:
            self._log.info("alert", step=type(step).__name__.lower(), finding=_named(step))


class Digesting:
    """Writes the digest of yesterday, once; sending it is not its business."""

    def __init__(
        self,
        settings: NotifierSettings,
        looking: Looking,
        store: Store,
        api: QueryApi,
        formats: Formats,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._looking = looking
        self._store = store
        self._api = api
        self._formats = formats
        self._clock = clock
        self._hours = Hours.of(settings.digest_at, settings.digest_latest)
        self._log = logger(__name__)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.once()
            except (LedgerUnavailableError, QueryApiAwayError) as error:
                self._log.warning("the digest has to wait", error=str(error))
            except Exception:
                self._log.exception("the digest failed")
            await asyncio.sleep(self._settings.alert_interval)

    async def once(self) -> bool:
        """Whether a digest was written. Raises LedgerUnavailableError, QueryApiAwayError."""
        local = self._clock.now().astimezone(self._settings.zone)
        day = local.date() - timedelta(days=1)
        if not self._hours.reached(local) or await asyncio.to_thread(self._store.has_digest, day):
            return False
        known = await asyncio.to_thread(self._looking.day, day)
        how = self._standing(day, known)
        if how.missing and not self._hours.over(local):
            return False
        answers = await self._api.day(day)
        how = how.served(answers.days_missing)
        if how.missing and not self._hours.over(local):
            return False
        message = self._written(day, how, known, answers)
        return await asyncio.to_thread(self._store.keep_digest, self._row(day, message), self._clock.now())

    async def of(self, day: date) -> Message:
        """The digest of a day as it would be now. Raises LedgerUnavailableError, QueryApiAwayError."""
        known = await asyncio.to_thread(self._looking.day, day)
        answers = await self._api.day(day)
        how = self._standing(day, known).served(answers.days_missing)
        return self._written(day, how, known, answers)

    def _standing(self, day: date, known: DayFacts) -> Standing:
        reconciles = bool(self._settings.schedule_reconcile)
        return standing(day, known.states, known.compared, self._settings.zone, reconciles=reconciles)

    def _written(self, day: date, how: Standing, known: DayFacts, answers: Answers) -> Message:
        figures = figures_of(day, answers)
        public = str(self._settings.public_url) if self._settings.public_url else None
        return digest_message(figures, how, known.health.reason, self._formats, public)

    def _row(self, day: date, message: Message) -> DigestRow:
        return DigestRow(
            day=day.isoformat(),
            created_at=self._clock.now(),
            subject=message.subject,
            text=message.text,
            html=message.html,
            document=dict(message.document),
        )


def _named(step: object) -> str:
    finding = getattr(step, "finding", None)
    return str(finding.key) if finding else str(getattr(step, "id", ""))
