"""Prometheus' rules and Grafana's dashboard speak of metrics that exist; every alert has its page of the runbook."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from nk_common.observability import Metrics
from nk_notifier.metrics import NotifierMetrics
from nk_query_api.metrics import ApiMetrics
from nk_web.metrics import Metrics as WebMetrics
from support.settings_catalogue import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
COMPOSE = ROOT / "deploy" / "docker-compose.yml"
MONITORING = ROOT / "deploy" / "docker-compose.monitoring.yml"
_METRIC = re.compile(r"\bnk_[a-z_]+\b")


def _rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


def _dashboard() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "nkdash.json").read_text())
    return document


def _expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in _rules())
    for panel in _dashboard()["panels"]:
        yield from (target["expr"] for target in panel.get("targets", []))


def _served() -> set[str]:
    """Names under which Prometheus finds our metrics, those of histograms included."""
    common = Metrics()
    ApiMetrics(common)
    registries = [common.registry, WebMetrics().registry, NotifierMetrics().registry]
    families = [family for registry in registries for family in registry.collect()]
    endings = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
    return {f.name + ending for f in families for ending in endings[f.type]}


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_metric_that_is_asked_for_is_served() -> None:
    asked = {name for expression in _expressions() for name in _METRIC.findall(expression)}
    assert asked - _served() == set()


def test_every_metric_of_ours_is_on_the_dashboard_or_in_a_rule() -> None:
    asked = {name for expression in _expressions() for name in _METRIC.findall(expression)}
    left_out = {name for name in _served() if not name.endswith(("_sum", "_bucket", "_count"))} - asked
    # Counters for those who look deeper; nobody has to act on them.
    assert left_out == {
        "nk_messages_total",
        "nk_serving_fresh_timestamp_seconds",
        "nk_event_listeners_dropped_total",
        "nk_web_api_errors_total",
    }


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_means_and_what_to_do(rule: dict[str, Any]) -> None:
    notes = rule["annotations"]
    assert notes["summary"]
    assert notes["description"]
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert notes["runbook"] in _anchors((ROOT / "docs" / "operations.md").read_text())


def test_prometheus_reads_the_rules() -> None:
    """Prometheus itself parses every expression."""
    tool = shutil.which("promtool")
    if tool is None:
        pytest.skip("no promtool (Debian package prometheus) on this machine")
    done = subprocess.run(
        [tool, "check", "rules", str(PROMETHEUS / "alerts.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_is_scraped_at_its_port() -> None:
    jobs = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    scraped = {job["job_name"]: job["dns_sd_configs"][0]["port"] for job in jobs}
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    served = {}
    for name, service in services.items():
        ports = [
            value
            for variable, value in service.get("environment", {}).items()
            if variable == f"NK_{name.upper().replace('-', '_')}_PORT"
        ]
        if ports:
            served[name] = int(ports[0])
    assert scraped == served


def test_files_that_are_mounted_are_there() -> None:
    services = yaml.safe_load(MONITORING.read_text())["services"]
    mounted = [volume.split(":")[0] for one in services.values() for volume in one["volumes"]]
    paths = [Path(MONITORING.parent / volume) for volume in mounted if volume.startswith("./")]
    assert paths
    assert all(path.exists() for path in paths)
    published = [port for one in services.values() for port in one["ports"]]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_dashboard_asks_the_provisioned_source() -> None:
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())
    panels = [panel for panel in _dashboard()["panels"] if panel["type"] != "row"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["datasources"][0]["uid"]}
    assert all(panel["title"] and panel["description"] and panel["targets"] for panel in panels)
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in _dashboard()["panels"]]
    assert len(places) == len(set(places))
