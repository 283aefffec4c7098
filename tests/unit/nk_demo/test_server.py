"""The server: its own endpoints, and the process from start to stop."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from time import monotonic
from typing import Any

import odoorpc
import pytest

from nk_demo.server import DemoServer
from nk_demo.settings import DEMO_KEY


def call(url: str, body: object | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as response:
        return json.load(response)


def refusal(url: str, body: object | None = None) -> tuple[int, str]:
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(url, body)
    with caught.value as error:
        return error.code, error.read().decode()


def test_sell_edit_cancel_and_totals(server: DemoServer) -> None:
    """What is done through /demo shows in the totals and over RPC."""
    url = server.url
    today = call(f"{url}/healthz")["today"]
    before = call(f"{url}/demo/totals?start={today}&end={today}")["days"][0]
    sold = call(f"{url}/demo/sell", {"n": 3})["orders"]
    call(f"{url}/demo/edit", {"order_id": sold[0]["order_id"]})
    assert call(f"{url}/demo/cancel", {"order_id": sold[1]["order_id"]})["state"] == "cancel"
    after = call(f"{url}/demo/totals?start={today}&end={today}")["days"][0]
    assert after["orders"] == before["orders"] + 2
    client = odoorpc.ODOO(server.host, port=server.port)
    client.login("nk", "admin", "admin")
    found = client.execute("pos.order", "read", [one["order_id"] for one in sold], ["state", "amount_total"])
    assert [row["state"] for row in found] == ["paid", "cancel", "paid"]
    assert found[2]["amount_total"] == sold[2]["amount_total"]


def test_stats_count_calls(server: DemoServer) -> None:
    """Per model and method; logging in is a call of context_get."""
    client = odoorpc.ODOO(server.host, port=server.port)
    client.login("nk", "extractor", DEMO_KEY)
    client.execute("pos.order", "search", [["id", "=", 0]])
    client.execute_kw("pos.order", "search", [[["id", "=", 0]]], {})
    assert call(f"{server.url}/demo/stats") == {"pos.order": {"search": 2}, "res.users": {"context_get": 1}}
    call(f"{server.url}/demo/stats/reset", {})
    assert call(f"{server.url}/demo/stats") == {}


def test_faults_are_set_and_shown(server: DemoServer) -> None:
    """A wrong rule is refused and changes nothing."""
    rules = {"rules": [{"kind": "drop", "model": "pos.order"}], "seed": 3}
    assert call(f"{server.url}/demo/faults", rules)["fired"] == [0]
    assert refusal(f"{server.url}/demo/faults", {"rules": [{"kind": "flood"}]})[0] == 400
    assert call(f"{server.url}/demo/faults")["rules"][0]["kind"] == "drop"
    assert call(f"{server.url}/demo/faults", {})["rules"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/demo/totals", None, 400),
        ("/demo/totals?start=2026-01-02&end=2026-01-01", None, 400),
        ("/demo/totals?start=2026-01-02&tz=Mars/X", None, 400),
        ("/demo/edit", {"order_id": 1}, 400),
        ("/demo/sell", {"n": 0}, 400),
        ("/demo/sell", [1], 400),
        ("/demo/fly", {}, 404),
        ("/nowhere", None, 404),
        ("/jsonrpc", None, 400),
    ],
)
def test_wrong_requests(path: str, body: object | None, status: int, server: DemoServer) -> None:
    """Refused with a status, never a broken connection."""
    assert refusal(server.url + path, body)[0] == status


def test_a_call_that_is_no_json_is_a_bad_request(server: DemoServer) -> None:
    """HTML, as Odoo has it."""
    request = urllib.request.Request(f"{server.url}/jsonrpc", b"not json")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value as error:
        assert (error.code, error.headers["Content-Type"]) == (400, "text/html;charset=utf-8")


def start(**knobs: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "NK_DEMO_DAYS": "3", "NK_DEMO_ORDERS_PER_DAY": "5", **knobs}
    command = [sys.executable, "-m", "nk_demo"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_process_starts_logs_json_and_stops_quickly(tmp_path: Path) -> None:
    """A second one on its port says so in one sentence; SIGTERM ends the first."""
    first = start(NK_DEMO_PORT="0", NK_DEMO_LIVE="1", NK_DEMO_STATE=str(tmp_path / "state.jsonl"))
    assert first.stderr is not None
    try:
        started = json.loads(first.stderr.readline())
        assert started["event"] == "demo.started"
        assert call(f"{started['url']}/healthz")["status"] == "ok"
        second = start(NK_DEMO_PORT=started["url"].rsplit(":", 1)[1])
        out, log = second.communicate(timeout=20)
        assert (second.returncode, out) == (3, "")
        assert "is already in use; set NK_DEMO_PORT" in json.loads(log)["event"]
    finally:
        first.send_signal(signal.SIGTERM)
        began = monotonic()
        out, log = first.communicate(timeout=10)
    assert monotonic() - began < 2
    assert (first.returncode, out) == (0, "")
    assert json.loads(log.splitlines()[-1])["event"] == "demo.stopped"


@pytest.mark.parametrize(
    ("knobs", "code", "words"),
    [
        ({"NK_DEMO_TZ": "Mars/X"}, 2, "The setting NK_DEMO_TZ is wrong"),
        ({"NK_DEMO_FAULTS": "oops"}, 2, "faults"),
        ({"NK_DEMO_FAULTS": '[{"kind": "flood"}]'}, 2, "The setting NK_DEMO_FAULTS is wrong"),
        ({"NK_DEMO_STATE": "other.jsonl"}, 4, "journal of another demo world"),
    ],
)
def test_it_says_what_is_wrong(knobs: dict[str, str], code: int, words: str, tmp_path: Path) -> None:
    """One JSON line with one sentence, and an exit code of its own."""
    if "NK_DEMO_STATE" in knobs:
        path = tmp_path / knobs["NK_DEMO_STATE"]
        path.write_text('{"nk_demo":1,"seed":1,"start":1}\n')
        knobs = {"NK_DEMO_STATE": str(path), "NK_DEMO_PORT": "0"}
    process = start(**knobs)
    _, log = process.communicate(timeout=20)
    assert process.returncode == code
    assert words in json.loads(log)["event"]
