"""The demo's own endpoints under /demo: make things happen, and ask what really did. JSON in, JSON out."""

from collections.abc import Callable
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nk_demo.faults import FaultPlan, FaultRule
from nk_demo.rpc import Services
from nk_demo.totals import DATASETS
from nk_demo.world import calendar
from nk_demo.world.live import LiveError
from nk_demo.world.records import Order
from nk_demo.world.world import World

_MOST_DAYS = 3_700


class BadRequestError(Exception):
    """The request makes no sense; the message says why."""


class _Sell(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int = Field(1, ge=1, le=1_000)
    at: str | None = None


class _Target(BaseModel):
    model_config = ConfigDict(extra="forbid")
    order_id: int


class _Redate(_Target):
    at: str


class _Faults(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rules: list[FaultRule] = []
    seed: int | None = None


class Control:
    """What the endpoints do."""

    def __init__(self, world: World, services: Services, faults: FaultPlan) -> None:
        self._world, self._services, self._faults = world, services, faults
        self._posts: dict[str, Callable[[dict[str, Any]], Any]] = {
            "/demo/sell": self._sell,
            "/demo/edit": self._edit,
            "/demo/cancel": self._cancel,
            "/demo/redate": self._redate,
            "/demo/delete": self._delete,
            "/demo/stats/reset": self._reset,
            "/demo/faults": self._set_faults,
        }
        self._gets: dict[str, Callable[[dict[str, str]], Any]] = {
            "/healthz": self._health,
            "/demo/totals": self._totals,
            "/demo/stats": lambda _query: self._services.stats(),
            "/demo/faults": lambda _query: self._show_faults(),
        }

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Answer a POST; None if there is no such endpoint. Raises `BadRequestError`."""
        return self._answer(self._posts.get(path), body)

    def get(self, path: str, query: dict[str, str]) -> Any:
        """Answer a GET; None if there is no such endpoint. Raises `BadRequestError`."""
        return self._answer(self._gets.get(path), query)

    @staticmethod
    def _answer(endpoint: Callable[[Any], Any] | None, given: Any) -> Any:
        if endpoint is None:
            return None
        try:
            return endpoint(given)
        except (LiveError, ValidationError) as error:
            raise BadRequestError(str(error)) from error

    def _sell(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = _Sell.model_validate(body)
        return {"orders": [self._shown(self._world.sell(asked.at)) for _ in range(asked.n)]}

    def _edit(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._shown(self._world.edit(_Target.model_validate(body).order_id))

    def _cancel(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._shown(self._world.cancel(_Target.model_validate(body).order_id))

    def _redate(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = _Redate.model_validate(body)
        return self._shown(self._world.redate(asked.order_id, asked.at))

    def _delete(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._shown(self._world.delete(_Target.model_validate(body).order_id))

    def _reset(self, _body: dict[str, Any]) -> dict[str, Any]:
        self._services.reset_stats()
        return {}

    def _set_faults(self, body: dict[str, Any]) -> dict[str, Any]:
        asked = _Faults.model_validate(body)
        self._faults.replace(asked.rules, asked.seed)
        return self._show_faults()

    def _show_faults(self) -> dict[str, Any]:
        rules = [rule.model_dump(exclude_none=True) for rule in self._faults.rules]
        return {"rules": rules, "fired": self._faults.fired()}

    def _health(self, _query: dict[str, str]) -> dict[str, Any]:
        days = self._world.days(self._world.now())
        return {
            "status": "ok",
            "first_day": calendar.date_of(days.start).isoformat(),
            "today": calendar.date_of(days.stop - 1).isoformat(),
            "live_actions": len(self._world.journal.entries),
        }

    def _totals(self, query: dict[str, str]) -> dict[str, Any]:
        try:
            start = date.fromisoformat(query["start"])
            end = date.fromisoformat(query.get("end", query["start"]))
        except (KeyError, ValueError) as error:
            raise BadRequestError("start and end must be dates, YYYY-MM-DD") from error
        totals = DATASETS.get(query.get("dataset", "pos"))
        if totals is None:
            raise BadRequestError(f"dataset must be one of {', '.join(sorted(DATASETS))}")
        if not 0 <= (end - start).days < _MOST_DAYS:
            raise BadRequestError(f"end must not lie before start, and at most {_MOST_DAYS} days after it")
        try:
            found = totals(self._world, start, end, query.get("tz"))
        except (KeyError, ValueError) as error:
            raise BadRequestError(f"unknown time zone {query.get('tz')!r}") from error
        return {"days": [day.as_json() for day in found]}

    def _shown(self, order: Order) -> dict[str, Any]:
        return {
            "order_id": order.id,
            "name": order.name,
            "state": order.state,
            "day": calendar.date_of(calendar.days_of_text(order.ordered, self._world.tz)).isoformat(),
            "date_order": order.ordered,
            "write_date": order.written[:19],
            "amount_total": order.total / 100,
            "line_ids": [line.id for line in order.lines],
        }
