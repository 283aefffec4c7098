"""`python -m nk_notifier`, and what `nk alerts test` and `nk digest` start: `test`, `digest --day D [--send]`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from datetime import date

from nk_common.clock import SystemClock
from nk_common.errors import NkError
from nk_common.http import serve
from nk_common.observability import configure_logging
from nk_common.settings import load_or_exit
from nk_notifier.app import build, web_app
from nk_notifier.by_hand import show_digest, try_channels
from nk_notifier.settings import NotifierSettings


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    settings = load_or_exit(NotifierSettings)
    configure_logging("notifier", settings.log_level if not asked.what else "ERROR", settings.log_format)
    # Its debugging lines name addresses, and a webhook's is a secret.
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    if not asked.what:
        serve(web_app(build(settings)), settings.http_host, settings.notifier_port, "notifier")
        return
    try:
        sys.exit(asyncio.run(_by_hand(settings, asked)))
    except NkError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


async def _by_hand(settings: NotifierSettings, asked: argparse.Namespace) -> int:
    notifier = build(settings)
    try:
        if asked.what == "test":
            return await try_channels(notifier, SystemClock(), sys.stdout, as_json=asked.json)
        return await show_digest(
            notifier, asked.day, SystemClock(), sys.stdout, send=asked.send, as_json=asked.json
        )
    finally:
        await notifier.aclose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nk_notifier", description=__doc__)
    parts = parser.add_subparsers(dest="what")
    parts.add_parser("test").add_argument("--json", action="store_true")
    digest = parts.add_parser("digest")
    digest.add_argument("--day", type=date.fromisoformat, required=True)
    digest.add_argument("--send", action="store_true")
    digest.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
