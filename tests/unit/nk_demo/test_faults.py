"""Faults: which calls they hit, how often, and what a client sees of them."""

import http.client
import json
import urllib.error
from time import monotonic
from typing import Any

import odoorpc
import pytest

from nk_demo.faults import FaultPlan, FaultRule
from nk_demo.server import DemoServer
from nk_demo.settings import DEMO_KEY


def plan(*rules: dict[str, Any], seed: int = 1) -> FaultPlan:
    return FaultPlan([FaultRule.model_validate(rule) for rule in rules], seed)


def broken(faults: FaultPlan, calls: int, model: str = "pos.order", method: str = "read") -> list[int]:
    return [n for n in range(calls) if faults.decide("object", model, method).breaks]


def test_filters_skip_and_count() -> None:
    """By model and method; the first calls that fit may pass; at most so often."""
    faults = plan({"kind": "drop", "model": "pos.order", "method": "read", "skip": 2, "count": 3})
    assert broken(faults, 5, "pos.payment") == []
    assert broken(faults, 5, method="search") == []
    assert broken(faults, 10) == [2, 3, 4]
    assert faults.fired() == [3]


def test_chances_repeat_with_the_seed() -> None:
    """And begin again when rules are set."""
    rule = {"kind": "http_502", "probability": 0.3}
    first, again, other = (broken(plan(rule, seed=seed), 50) for seed in (1, 1, 2))
    assert first == again != other
    assert 5 < len(first) < 25
    faults = plan(rule)
    assert broken(faults, 50) == first
    faults.replace(faults.rules)
    assert broken(faults, 50) == first


def test_the_first_breaking_rule_decides_and_delays_add_up() -> None:
    """A rule after it is not even counted."""
    faults = plan(
        {"kind": "latency", "seconds": 0.5}, {"kind": "truncate"}, {"kind": "drop"}, {"kind": "latency"}
    )
    outcome = faults.decide("object", "pos.order", "read")
    assert (outcome.breaks, outcome.delay) == ("truncate", 0.5)
    assert faults.fired() == [1, 1, 0, 0]
    assert FaultPlan(latency=0.2).decide("common", "", "login").delay == 0.2


def login(server: DemoServer, timeout: float = 5) -> odoorpc.ODOO:
    client = odoorpc.ODOO(server.host, port=server.port, timeout=timeout)
    client.login("nk", "extractor", DEMO_KEY)
    return client


def test_what_a_client_sees(server: DemoServer) -> None:
    """Each broken answer as urllib or odoorpc report it; the call after it works."""
    client = login(server)
    expected: list[tuple[str, type[Exception]]] = [
        ("http_502", urllib.error.HTTPError),
        ("drop", http.client.RemoteDisconnected),
        ("truncate", json.JSONDecodeError),
        ("expired_key", odoorpc.error.RPCError),
    ]
    for kind, error in expected:
        server.faults.replace([FaultRule.model_validate({"kind": kind, "count": 1})])
        with pytest.raises(error):
            client.execute("pos.order", "search_count", [["id", "=", 0]])
        assert client.execute("pos.order", "search_count", [["id", "=", 0]]) == 0


def test_a_hanging_server_runs_into_the_clients_time_out(server: DemoServer) -> None:
    """And stopping the server does not wait for it."""
    client = login(server, timeout=0.3)
    server.faults.replace([FaultRule(kind="hang", seconds=60)])
    began = monotonic()
    with pytest.raises(TimeoutError):
        client.execute("pos.order", "search_count", [])
    server.stop()
    assert monotonic() - began < 2


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ({"kind": "missing_model", "model": "x_brand"}, "odoo.exceptions.UserError"),
        ({"kind": "missing_field", "model": "x_brand", "field": "x_name"}, "builtins.ValueError"),
        ({"kind": "refused_model", "model": "x_brand"}, "odoo.exceptions.AccessError"),
        ({"kind": "refused_field", "model": "x_brand", "field": "x_name"}, "odoo.exceptions.AccessError"),
    ],
)
def test_missing_and_refused(rule: dict[str, str], name: str, server: DemoServer) -> None:
    """As on a database without the module, or a user without the group; other models are untouched."""
    client = login(server)
    server.faults.replace([FaultRule.model_validate(rule)])
    with pytest.raises(odoorpc.error.RPCError) as caught:
        client.execute("x_brand", "search_read", [], ["x_name"])
    assert caught.value.info["data"]["name"] == name
    if "field" in rule:
        assert "x_name" not in client.execute("x_brand", "fields_get")
    assert client.execute("pos.config", "search", []) == [1, 2]


def test_logins_fail_too(server: DemoServer) -> None:
    """With `service: common`."""
    server.faults.replace([FaultRule(kind="http_502", service="common", method="login")])
    with pytest.raises(urllib.error.HTTPError):
        login(server)
