"""The demo Odoo in a process of its own, so that it does not share the measuring interpreter."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from nk_cli.processes import Child, Program, port_answers, stop_all
from nk_common.observability import Metrics
from nk_demo.settings import DEMO_KEY
from nk_extractor.odoo.client import OdooClient
from nk_extractor.odoo.jsonrpc import JsonRpcTransport
from nk_extractor.odoo.turnstile import Turnstile
from nk_extractor.settings import ExtractorSettings
from support.shop_clock import shop_zone
from support.system import free_port


@contextlib.contextmanager
def demo(folder: Path, **knobs: object) -> Iterator[int]:
    """Port of a running demo; `knobs` are NK_DEMO_* settings in lower case."""
    with demo_process(folder, **knobs) as (port, _):
        yield port


@contextlib.contextmanager
def demo_process(folder: Path, **knobs: object) -> Iterator[tuple[int, Child]]:
    """Port and process of a running demo."""
    port = free_port()
    environment = {
        f"NK_DEMO_{name.upper()}": str(value) for name, value in {"tz": shop_zone().key, **knobs}.items()
    }
    program = Program(
        "demo", lambda: [sys.executable, "-m", "nk_demo"], port, {**environment, "NK_DEMO_PORT": str(port)}
    )
    child = Child(program, dict(os.environ), folder / "demo.log")
    try:
        while not port_answers(port):
            time.sleep(0.05)
        yield port, child
    finally:
        stop_all([child])


def odoo_environment(port: int) -> dict[str, str]:
    return {
        "ODOO_HOST": "127.0.0.1",
        "ODOO_PORT": str(port),
        "ODOO_PROTOCOL": "jsonrpc",
        "ODOO_DB": "nk",
        "ODOO_USERNAME": "extractor",
        "ODOO_API_KEY": DEMO_KEY,
    }


def client(port: int, concurrency: int = 2) -> tuple[OdooClient, ExtractorSettings]:
    """A client as the extractor makes it."""
    settings = ExtractorSettings.model_validate(
        {
            "odoo_host": "127.0.0.1",
            "odoo_port": port,
            "odoo_protocol": "jsonrpc",
            "odoo_db": "nk",
            "odoo_username": "extractor",
            "odoo_api_key": DEMO_KEY,
            "odoo_concurrency": concurrency,
            "timezone": shop_zone().key,
        }
    )
    return OdooClient(
        JsonRpcTransport(settings, Turnstile(concurrency, Metrics()).lane()), settings.odoo_page_size
    ), settings


def post(port: int, path: str, body: dict[str, object]) -> httpx.Response:
    answer = httpx.post(f"http://127.0.0.1:{port}{path}", json=body, timeout=30)
    return answer.raise_for_status()


def get(port: int, path: str) -> dict[str, object]:
    answer = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=30)
    document: dict[str, object] = answer.raise_for_status().json()
    return document
