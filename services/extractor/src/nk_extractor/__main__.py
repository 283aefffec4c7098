"""`python -m nk_extractor`, and what `nk odoo check` starts: `check [--json]`."""

import argparse
import sys
from collections.abc import Sequence

from nk_common.http import serve
from nk_common.observability import configure_logging
from nk_common.settings import load_or_exit, or_exit
from nk_common.worker import worker_app
from nk_extractor.app import build_app
from nk_extractor.by_hand import check_odoo
from nk_extractor.settings import ExtractorSettings, OdooSettings
from nk_extractor.source import check_source


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    if asked.what == "check":
        configure_logging("extractor", "ERROR", "console")
        sys.exit(check_odoo(load_or_exit(OdooSettings), sys.stdout, sys.stderr, as_json=asked.json))
    settings = load_or_exit(ExtractorSettings)
    or_exit(lambda: check_source(settings))
    configure_logging("extractor", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.extractor_port, "extractor")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m nk_extractor", description=__doc__)
    parts = parser.add_subparsers(dest="what")
    parts.add_parser("check").add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    main()
