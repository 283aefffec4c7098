"""The compose file and the Dockerfile agree with the code, as far as a machine without an engine can tell."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from nk_cli.__main__ import app as nk
from support.settings_catalogue import ROOT, Settings, all_variables, default_of, fields_by_variable

COMPOSE = ROOT / "deploy" / "docker-compose.yml"
DOCKERFILE = ROOT / "deploy" / "Dockerfile"

SERVERS = ("extractor", "cleaner", "loader", "query-api", "notifier", "web", "demo-odoo")
ONE_SHOTS = {"topics": "on-failure", "housekeeping": "no"}
"""And what becomes of one that fails: the services wait for topics; housekeeping is somebody's own command."""
PROGRAMS = (*ONE_SHOTS, *SERVERS)
SCALABLE = ("extractor", "cleaner", "loader", "query-api")

SETTINGS = {
    "topics": "nk_cli.settings:UpSettings",
    "housekeeping": "nk_cli.settings:RetentionSettings",
    "extractor": "nk_extractor.settings:ExtractorSettings",
    "cleaner": "nk_cleaner.settings:CleanerSettings",
    "loader": "nk_loader.settings:LoaderSettings",
    "query-api": "nk_query_api.settings:QueryApiSettings",
    "notifier": "nk_notifier.settings:NotifierSettings",
    "web": "nk_web.settings:WebSettings",
    "demo-odoo": "nk_demo.settings:DemoSettings",
}
OTHERS_VARIABLES = {"PGPASSWORD"}
"""Read by a library: libpq takes the ledger's password from it."""

LEFT_OUT = {
    "KAFKA": "read by `nk up` only",
    "KAFKA_SECURITY_PROTOCOL": "the broker beside them is reached without TLS and password",
    "KAFKA_SASL_MECHANISM": "as above",
    "KAFKA_SASL_USERNAME": "as above",
    "KAFKA_SASL_PASSWORD": "as above",
    "KAFKA_SSL_CAFILE": "as above",
}
NO_LEDGER = {"cleaner", "loader"}
"""They know the setting, because it lies beside the lake's, and never open the ledger."""

REQUIRED = {
    "NK_POSTGRES_PASSWORD": "p@ss/w:rd",
    "ODOO_HOST": "odoo.example.org",
    "ODOO_DB": "shop",
    "ODOO_USERNAME": "reader",
    "ODOO_API_KEY": "key",
}


@functools.cache
def _compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return document


def _service(name: str) -> dict[str, Any]:
    service: dict[str, Any] = _compose()["services"][name]
    return service


def _settings(name: str) -> Settings:
    module, _, attribute = SETTINGS[name].partition(":")
    settings: Settings = getattr(importlib.import_module(module), attribute)
    return settings


def _given(name: str) -> dict[str, str]:
    """Variables that compose itself gives a value, with `${...}` filled in."""
    environment = _service(name).get("environment", {})
    return {variable: _filled(value) for variable, value in environment.items() if value is not None}


def _filled(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        return REQUIRED.get(match["name"], match["default"] or "")

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", value, str(text))


def _health_port(name: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/healthz", " ".join(_service(name)["healthcheck"]["test"]))
    assert found, f"{name} is not asked for /healthz"
    return found[1]


def test_docker_compose_accepts_the_file() -> None:
    """The client itself reads it, fills in the variables and finds nothing wrong."""
    docker = shutil.which("docker")
    if (
        not docker
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no docker client with the compose plugin on this machine")
    done = subprocess.run(
        [docker, "compose", "--profile", "demo", "--file", str(COMPOSE), "config", "--quiet"],
        env={**os.environ, **REQUIRED},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_services_are_those_of_the_design() -> None:
    """Everything that runs is covered by the tests below."""
    assert set(_compose()["services"]) == {"kafka", "postgres", *PROGRAMS}


@pytest.mark.parametrize("name", PROGRAMS)
def test_commands_exist(name: str) -> None:
    """Every command is a module of ours or a command of `nk`."""
    command = _service(name)["command"]
    if command[0] == "nk":
        scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
        assert scripts["nk"] == "nk_cli.__main__:main"
        found: Any = typer.main.get_command(nk)
        for word in command[1:]:
            found = found.commands[word]
    else:
        assert command[:2] == ["python", "-m"]
        assert importlib.util.find_spec(f"{command[2]}.__main__")


@pytest.mark.parametrize("name", PROGRAMS)
def test_variables_are_settings(name: str) -> None:
    """A variable that its program does not know would be obeyed by nobody."""
    given = set(_service(name).get("environment", {})) - OTHERS_VARIABLES
    assert sorted(given - fields_by_variable(_settings(name)).keys()) == []


@pytest.mark.parametrize("name", [*SERVERS, "housekeeping"])
def test_every_setting_is_handed_on(name: str) -> None:
    """A setting in .env reaches the container whose program knows it."""
    left_out = LEFT_OUT.keys() | ({"NK_LEDGER_URL"} if name in NO_LEDGER else set())
    known = fields_by_variable(_settings(name)).keys() - left_out
    assert sorted(known - set(_service(name)["environment"])) == []


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_accepted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program starts with the values that compose gives it."""
    for variable in all_variables():
        monkeypatch.delenv(variable, raising=False)
    for variable, value in _given(name).items():
        monkeypatch.setenv(variable, value)
    _settings(name)(_env_file=None)


def test_what_has_no_usable_default_must_be_set() -> None:
    """Compose refuses to start without an Odoo and a password; it never invents one."""
    empty = {v for v in fields_by_variable(_settings("extractor")) if v.startswith("ODOO_")
             and str(default_of(_settings("extractor"), v)) == ""}  # fmt: skip
    text = COMPOSE.read_text()
    for variable in {"NK_POSTGRES_PASSWORD", "ODOO_HOST", *empty}:
        assert f"${{{variable}:?" in text
        assert f"${{{variable}:-" not in text


@pytest.mark.parametrize("name", ["kafka", "postgres", *PROGRAMS])
def test_health_is_watched_and_services_come_back(name: str) -> None:
    """Every server has a health check and is started again; a one-shot has neither."""
    service = _service(name)
    assert ("healthcheck" in service) == (name not in ONE_SHOTS)
    assert service["restart"] == ONE_SHOTS.get(name, "unless-stopped")


@pytest.mark.parametrize("name", SERVERS)
def test_health_is_asked_where_the_program_listens(name: str) -> None:
    """The port of the health check is the one that the container is told to use, on all its addresses."""
    given = _given(name)
    ports = {
        variable: value
        for variable, value in given.items()
        if variable.endswith("_PORT") and variable != "ODOO_PORT"
    }
    assert list(ports.values()) == [_health_port(name)]
    assert "0.0.0.0" in given.values()


def test_services_find_each_other() -> None:
    """Addresses name services of this file and the ports that these listen on."""
    assert _given("web")["NK_QUERY_API_URL"] == f"http://query-api:{_health_port('query-api')}"
    assert _service("kafka")["environment"]["KAFKA_ADVERTISED_LISTENERS"] == "INTERNAL://kafka:9092"
    assert _given("notifier")["NK_QUERY_API_URL"] == _given("web")["NK_QUERY_API_URL"]
    for name in ("topics", *SCALABLE):
        assert _given(name)["KAFKA_BOOTSTRAP_SERVERS"] == "kafka:9092"
    for name in SERVERS:
        assert set(_service(name).get("depends_on", {})) <= set(_compose()["services"])


@pytest.mark.parametrize("name", SCALABLE)
def test_scalable_services_have_nothing_of_which_there_is_one(name: str) -> None:
    """No fixed name and no port of the host, so that --scale works; none starts before the topics exist."""
    service = _service(name)
    assert not service.keys() & {"container_name", "ports", "hostname"}
    assert service["depends_on"]["topics"] == {"condition": "service_completed_successfully"}


def test_only_the_dashboard_is_published_and_only_to_this_machine() -> None:
    """Nothing is open to the network unless NK_WEB_HOST says so."""
    published = {
        name: service["ports"] for name, service in _compose()["services"].items() if "ports" in service
    }
    assert {name: [_filled(port) for port in ports] for name, ports in published.items()} == {
        "web": [f"127.0.0.1:8080:{_health_port('web')}"]
    }


def test_the_lake_is_shared_and_the_serving_database_is_not() -> None:
    """One lake for all; every replica of the query API keeps its serving file in a volume without a name."""
    assert set(_compose()["volumes"]) == {"lake", "kafka", "postgres", "demo"}
    for name in ("extractor", "cleaner", "loader", "query-api", "notifier", "housekeeping"):
        mounted = [volume for volume in _service(name)["volumes"] if volume.startswith("lake:")]
        assert mounted[0].split(":")[1] == _given(name)["DATA_LAKE_ROOT"]
    serving = Path(_given("query-api")["NK_SERVING_PATH"])
    assert str(serving.parent) in _service("query-api")["volumes"]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_have_few_rights(name: str) -> None:
    """Read-only, without capabilities, and as the image's own user."""
    service = _service(name)
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert not service.keys() & {"user", "privileged", "network_mode"}


def test_images_are_pinned() -> None:
    """No image means another thing tomorrow."""
    images = [service["image"] for service in _compose()["services"].values()]
    bases = [line.split()[1] for line in _instructions("FROM")]
    for image in [*images, *bases]:
        name, _, tag = image.partition(":")
        assert name
        assert re.match(r"\d", tag), f"{image} is not pinned"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"nkdash:{version}" in images


def test_the_image_does_not_run_as_root() -> None:
    """The last stage ends as a numbered user."""
    last_stage = DOCKERFILE.read_text().rsplit("\nFROM ", 1)[1]
    users = re.findall(r"^USER (\S+)$", last_stage, re.MULTILINE)
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_the_image_has_the_folders_that_volumes_cover() -> None:
    """A volume takes its owner from the folder below it; without one it would be root's."""
    made = re.sub(r"\\\n", " ", DOCKERFILE.read_text())
    for name in SERVERS:
        for volume in _service(name).get("volumes", []):
            folder = volume.split(":")[1] if ":" in volume else volume
            assert re.search(rf"install --directory --owner=nkdash .* {folder}(\s|$)", made), folder


def test_the_builder_is_sent_what_it_copies() -> None:
    """.dockerignore lets every source of COPY through, and no secret."""
    kept = [line[1:] for line in _ignored() if line.startswith("!")]
    copied = {
        source for line in _instructions("COPY") if "--from" not in line for source in line.split()[1:-1]
    }
    assert copied == set(kept)
    assert all((ROOT / source).exists() for source in copied)
    assert _ignored()[0] == "*"
    assert not any(fnmatch(secret, kept_name) for secret in (".env", "data-lake") for kept_name in kept)


def _instructions(word: str) -> list[str]:
    return [line for line in DOCKERFILE.read_text().splitlines() if line.startswith(f"{word} ")]


def _ignored() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
