"""Whether nkdash runs, for what must not be done under its feet."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from nk_cli.housekeeping.refusal import RefusedError
from nk_cli.settings import UpSettings

EVERYWHERE = "0.0.0.0"  # noqa: S104 nothing listens because of this
"""Where services listen that others reach over a network: in containers."""
_LOOPBACK = "127.0.0.1"
_PATIENCE = 2.0

Answers = Callable[[str, int], bool]
"""Whether a service of ours is alive at a host and port."""


def is_alive(host: str, port: int) -> bool:
    """As `/healthz` says; another program may use the port. One that is too busy to answer is alive."""
    try:
        with httpx.Client(trust_env=False, timeout=_PATIENCE) as client:
            answer = client.get(f"http://{host}:{port}/healthz")
            return answer.status_code == httpx.codes.OK and answer.json() == {"status": "alive"}
    except httpx.ReadTimeout:
        return True
    except (httpx.HTTPError, ValueError):
        return False


def at_work(settings: UpSettings, answers: Answers = is_alive) -> list[str]:
    """Services that read or write the lake or the ledger and answer just now.

    They are looked for on this machine, and where they listen everywhere (Compose) also under their names. Whoever
    runs them on other machines stops them there.
    """
    return [name for name, host, port in _addresses(settings) if answers(host, port)]


def refuse_while_running(settings: UpSettings, what: str, answers: Answers = is_alive) -> None:
    """Raises RefusedError; `what` says why it would be unsafe, and what it would mean for the figures."""
    found = sorted(set(at_work(settings, answers)))
    if found:
        raise RefusedError(
            f"nkdash is running ({', '.join(found)}): {what}. Nothing was changed. Stop it (Ctrl-C where nk up runs, "
            "or docker compose stop), and run this again."
        )


def _addresses(settings: UpSettings) -> Iterator[tuple[str, str, int]]:
    everywhere = settings.http_host == EVERYWHERE
    ports = {
        "extractor": settings.extractor_port,
        "cleaner": settings.cleaner_port,
        "loader": settings.loader_port,
        "notifier": settings.notifier_port,
        "query-api": settings.query_api_port,
    }
    for name, port in ports.items():
        yield name, _LOOPBACK if everywhere else settings.http_host, port
        if everywhere:
            yield name, name, port
