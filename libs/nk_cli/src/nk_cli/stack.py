"""Which programs make nkdash on one machine, in the order in which they start."""

from __future__ import annotations

import sys
from pathlib import Path

from nk_cli import brokers
from nk_cli.processes import Program
from nk_cli.settings import UpSettings
from nk_common.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
_DEMO_DB, _DEMO_KEY = "nk", "demo-key-not-secret"


def waves(settings: UpSettings, project: Path) -> list[list[Program]]:
    """Programs in the order of starting; a wave waits for the one before. Raises ConfigurationError.

    The page comes first: it shows what is loaded while the rest still starts. The notifier comes last: it says
    nothing in its first minute anyway.
    """
    by_name = {program.name: program for program in _services(settings)}
    page = [by_name.pop("query-api"), by_name.pop("web")]
    last = [by_name.pop("notifier")]
    return [[*_broker(settings, project), *page], _demo(settings), list(by_name.values()), last]


def _broker(settings: UpSettings, project: Path) -> list[Program]:
    match settings.kafka:
        case "embedded":
            return [brokers.embedded(settings.kafka_port)]
        case "apache":
            return [brokers.apache(settings.kafka_port, settings.kafka_port + 1, project, settings.run_dir)]
        case "external":
            if "kafka_bootstrap_servers" not in settings.model_fields_set:
                raise ConfigurationError(
                    "KAFKA=external needs KAFKA_BOOTSTRAP_SERVERS: the address of your broker."
                )
            return []


def _demo(settings: UpSettings) -> list[Program]:
    if not settings.uses_demo:
        return []
    environment = {
        "NK_DEMO_HOST": LOOPBACK,
        "NK_DEMO_PORT": str(settings.demo_port),
        "NK_DEMO_DB": _DEMO_DB,
        "NK_DEMO_API_KEY": _DEMO_KEY,
        "NK_DEMO_TZ": settings.timezone,
        "NK_DEMO_LIVE": "1" if settings.demo_live else "0",
        "NK_DEMO_LIVE_EVERY": str(settings.demo_live_every),
        "NK_DEMO_STATE": str(settings.run_dir / "demo-journal.jsonl"),
    }
    return [_python("demo-odoo", "nk_demo", settings.demo_port, environment)]


def _services(settings: UpSettings) -> list[Program]:
    shared = _shared_environment(settings)
    return [
        _python("extractor", "nk_extractor", settings.extractor_port, {**shared, **_odoo(settings)}),
        _python("cleaner", "nk_cleaner", settings.cleaner_port, shared),
        _python("loader", "nk_loader", settings.loader_port, shared),
        _python("notifier", "nk_notifier", settings.notifier_port, shared),
        _python("query-api", "nk_query_api", settings.query_api_port, shared),
        _python("web", "nk_web", settings.web_port, shared),
    ]


def _shared_environment(settings: UpSettings) -> dict[str, str]:
    bootstrap = (
        settings.kafka_bootstrap_servers
        if settings.kafka == "external"
        else f"{LOOPBACK}:{settings.kafka_port}"
    )
    return {
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "DATA_LAKE_ROOT": str(settings.data_lake_root.absolute()),
        "NK_SERVING_PATH": str((settings.run_dir / "serving.duckdb").absolute()),
        "NK_QUERY_API_URL": f"http://{LOOPBACK}:{settings.query_api_port}",
    }


def _odoo(settings: UpSettings) -> dict[str, str]:
    if not settings.uses_demo:
        return {}
    return {
        "ODOO_HOST": LOOPBACK,
        "ODOO_PORT": str(settings.demo_port),
        "ODOO_PROTOCOL": "jsonrpc",
        "ODOO_DB": _DEMO_DB,
        "ODOO_USERNAME": "extractor",
        "ODOO_API_KEY": _DEMO_KEY,
    }


def _python(name: str, module: str, port: int, environment: dict[str, str]) -> Program:
    return Program(
        name=name, command=lambda: [sys.executable, "-m", module], port=port, environment=environment
    )
