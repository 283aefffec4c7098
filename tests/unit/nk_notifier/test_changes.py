"""What becomes of alerts: opened once something has held, closed once it has been gone, and each only once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nk_common.api.alerts import AlertCode, Severity
from nk_common.api.common import Text
from nk_notifier.changes import Begin, Change, Close, Forget, Known, Miss, Open, Renew, changes
from nk_notifier.findings import Finding

NOW = datetime(2026, 1, 8, 3, tzinfo=UTC)
HOLD, RECOVER = timedelta(seconds=60), timedelta(seconds=300)
HOUR = timedelta(hours=1)


def finding(
    code: AlertCode = "dataset-late",
    subject: str = "pos",
    *,
    patience: timedelta = HOLD,
    severity: Severity = "warning",
    reason: str = "late",
) -> Finding:
    return Finding(code, subject, severity, Text(id=reason, en=reason), Text(id="do", en="do"), patience)


class Alerts:
    """A notebook that does what `changes` says, and counts what people are told."""

    def __init__(self) -> None:
        self.known: dict[int, Known] = {}
        self.told: list[tuple[str, str]] = []
        self.now = NOW
        self._next = 1

    def look(self, *found: Finding, after: float = 0, unknown: frozenset[str] = frozenset()) -> list[Change]:
        self.now += timedelta(seconds=after)
        steps = changes(list(self.known.values()), found, self.now, RECOVER, unknown)
        for step in steps:
            self._do(step)
        return steps

    def _do(self, step: Change) -> None:
        match step:
            case Begin(one, opens):
                self._keep(self._next, one, self.now, "open" if opens else "pending")
                self._next += 1
                if opens:
                    self.told.append(("opened", one.key))
            case Open(id, one):
                self._keep(id, one, self.known[id].first_seen_at, "open")
                self.told.append(("opened", one.key))
            case Renew(id, one, _):
                self._keep(id, one, self.known[id].first_seen_at, self.known[id].state)
            case Miss(id):
                self.known[id] = Known(**{**vars(self.known[id]), "gone_at": self.now})
            case Close(id, told):
                closed = self.known.pop(id)
                if told:
                    self.told.append(("recovered", closed.key))
            case Forget(id):
                del self.known[id]

    def _keep(self, number: int, one: Finding, first: datetime, state: str) -> None:
        self.known[number] = Known(
            number, one.code, one.subject, one.severity, one.reason.en, "open" if state == "open" else "pending",
            first, first + one.patience, None, self.now,
        )  # fmt: skip


def test_it_opens_once_it_has_held_and_only_once() -> None:
    alerts = Alerts()
    alerts.look(finding())
    alerts.look(finding(), after=59)
    assert alerts.told == []
    alerts.look(finding(), after=1)
    for _ in range(100):
        alerts.look(finding(), after=15)
    assert alerts.told == [("opened", "dataset-late|pos")]


def test_what_passes_before_it_has_held_is_nothing() -> None:
    """A first start does not shout."""
    alerts = Alerts()
    alerts.look(finding())
    alerts.look(after=30)
    alerts.look(finding(), after=30)
    alerts.look(finding(), after=59)
    assert alerts.told == []


def test_it_recovers_once_it_has_been_gone() -> None:
    alerts = Alerts()
    alerts.look(finding())
    alerts.look(finding(), after=60)
    alerts.look(after=10)
    alerts.look(after=299)
    assert alerts.told == [("opened", "dataset-late|pos")]
    alerts.look(after=1)
    alerts.look(after=1000)
    assert alerts.told[1:] == [("recovered", "dataset-late|pos")]
    assert alerts.known == {}


def test_one_that_comes_and_goes_is_one_alert() -> None:
    """Every time it is back, its being gone counts from the beginning."""
    alerts = Alerts()
    alerts.look(finding())
    alerts.look(finding(), after=60)
    for _ in range(20):
        alerts.look(after=200)
        alerts.look(finding(), after=50)
    assert alerts.told == [("opened", "dataset-late|pos")]


def test_late_that_becomes_failing_has_not_recovered() -> None:
    """Nor the other way round: one message for each step, and one at the end."""
    alerts = Alerts()
    late, failing = finding(), finding("dataset-failing", severity="critical")
    alerts.look(late)
    for step in (late, failing, failing, failing, late, late, late):
        alerts.look(step, after=400)
    alerts.look(after=400)
    alerts.look(after=400)
    assert alerts.told == [
        ("opened", "dataset-late|pos"),
        ("opened", "dataset-failing|pos"),
        ("opened", "dataset-late|pos"),
        ("recovered", "dataset-late|pos"),
    ]


def test_what_cannot_be_seen_has_not_passed() -> None:
    alerts = Alerts()
    disk = finding("disk-low", "lake")
    alerts.look(disk)
    alerts.look(disk, after=60)
    alerts.look(after=4000, unknown=frozenset({"disk-low"}))
    assert [one.gone_at for one in alerts.known.values()] == [None]
    alerts.look(after=10)
    assert [one.gone_at for one in alerts.known.values()] == [alerts.now]


def test_a_day_that_is_tried_again_is_not_away() -> None:
    """While it is tried, it is not failed for a moment; the hour goes on."""
    alerts = Alerts()
    failed = finding("day-failed", patience=HOUR)
    alerts.look(failed)
    for _ in range(6):
        alerts.look(after=540)
        alerts.look(failed, after=60)
    assert alerts.told == [("opened", "day-failed|pos")]


def test_a_final_error_shortens_the_wait() -> None:
    alerts = Alerts()
    alerts.look(finding("day-failed", patience=HOUR))
    alerts.look(finding("day-failed", patience=HOLD), after=300)
    assert alerts.told == [("opened", "day-failed|pos")]


def test_sentences_are_renewed_but_not_at_every_look() -> None:
    """They count minutes; each would be a write into the ledger."""
    alerts = Alerts()
    alerts.look(finding(reason="30 minutes"))
    alerts.look(finding(reason="31 minutes"), after=60)
    assert alerts.look(finding(reason="32 minutes"), after=60) == []
    (step,) = alerts.look(finding(reason="36 minutes"), after=300)
    assert isinstance(step, Renew)
    assert [one.reason for one in alerts.known.values()] == ["36 minutes"]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=60))
def test_opened_and_recovered_alternate(looks: list[tuple[bool, int]]) -> None:
    """Whatever comes and goes: nobody hears twice of the same thing, and of no recovery without an alert."""
    alerts = Alerts()
    for there, after in looks:
        alerts.look(*([finding()] if there else []), after=after)
    events = [event for event, _ in alerts.told]
    assert events == ["opened", "recovered"] * (len(events) // 2) + ["opened"] * (len(events) % 2)
