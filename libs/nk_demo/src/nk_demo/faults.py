"""Faults on purpose: what a client must survive, in a reproducible order.

A rule says what goes wrong, for which calls, and how often. Rules are tried in their order for every RPC call; delays
add up, and the first rule that breaks the call decides how.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal[
    "latency", "hang", "http_502", "drop", "truncate", "expired_key", "missing_model", "missing_field",
    "refused_model", "refused_field",
]  # fmt: skip


class FaultRule(BaseModel):
    """One rule. Without filters it is for every object call; `service: "common"` is for logins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    service: Literal["object", "common"] = "object"
    model: str | None = Field(None, description="Only calls on this model; for missing/refused: that model.")
    method: str | None = Field(None, description="Only this method.")
    field: str | None = Field(None, description="The field that is missing or refused.")
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    count: Annotated[int | None, Field(ge=0, description="At most this often.")] = None
    skip: Annotated[int, Field(ge=0, description="Let the first calls that fit pass.")] = 0
    seconds: Annotated[float, Field(ge=0, le=3600, description="For latency and hang.")] = 1.0


@dataclass(slots=True)
class Outcome:
    """What the rules do to one call."""

    delay: float = 0.0
    breaks: Kind | None = None
    missing_models: set[str] = field(default_factory=set)
    missing_fields: set[tuple[str, str]] = field(default_factory=set)
    refused_models: set[str] = field(default_factory=set)
    refused_fields: set[tuple[str, str]] = field(default_factory=set)


class FaultPlan:
    """The rules in force, and how often each has fired. The same seed and calls give the same faults."""

    def __init__(self, rules: Sequence[FaultRule] = (), seed: int = 0, latency: float = 0.0) -> None:
        self._seed, self._latency = seed, latency
        self._lock = Lock()
        self.replace(rules)

    def replace(self, rules: Sequence[FaultRule], seed: int | None = None) -> None:
        """Other rules from now on; counting and dice begin again."""
        with self._lock:
            self.rules = tuple(rules)
            self._seed = self._seed if seed is None else seed
            self._fitted = [0] * len(self.rules)
            self._fired = [0] * len(self.rules)
            self._dice = [Random(f"{self._seed}:{n}") for n in range(len(self.rules))]

    def fired(self) -> list[int]:
        """How often each rule has fired."""
        with self._lock:
            return list(self._fired)

    def decide(self, service: str, model: str, method: str) -> Outcome:
        """What happens to this call."""
        outcome = Outcome(delay=self._latency)
        with self._lock:
            for place, rule in enumerate(self.rules):
                if (
                    outcome.breaks is None
                    and _fits(rule, service, model, method)
                    and self._fires(place, rule)
                ):
                    _apply(rule, outcome)
        return outcome

    def _fires(self, place: int, rule: FaultRule) -> bool:
        self._fitted[place] += 1
        if self._fitted[place] <= rule.skip or (rule.count is not None and self._fired[place] >= rule.count):
            return False
        if rule.probability < 1 and self._dice[place].random() >= rule.probability:
            return False
        self._fired[place] += 1
        return True


def _fits(rule: FaultRule, service: str, model: str, method: str) -> bool:
    if rule.service != service or (rule.method and rule.method != method):
        return False
    # A missing model or field is missing for the whole call, also where another model's domain reaches it.
    return rule.kind.startswith(("missing", "refused")) or rule.model in {None, model}


def _apply(rule: FaultRule, outcome: Outcome) -> None:
    if rule.kind == "latency":
        outcome.delay += rule.seconds
    elif rule.kind in {"missing_model", "refused_model"} and rule.model:
        getattr(outcome, f"{rule.kind}s").add(rule.model)
    elif rule.kind in {"missing_field", "refused_field"} and rule.model and rule.field:
        getattr(outcome, f"{rule.kind}s").add((rule.model, rule.field))
    else:
        outcome.breaks = rule.kind
        if rule.kind == "hang":
            outcome.delay += rule.seconds
