"""Start the query API: `python -m nk_query_api`."""

from __future__ import annotations

import gc


def main() -> None:
    # What starting makes stays for good. To look through it for garbage takes a tenth of the time until the first
    # answer, and a moment of every answer after it.
    gc.disable()
    from nk_common.http import serve
    from nk_common.messaging.later import BusLater
    from nk_common.observability import Metrics, configure_logging
    from nk_common.settings import load_or_exit
    from nk_query_api.app import build_app, end_streams
    from nk_query_api.settings import QueryApiSettings

    settings = load_or_exit(QueryApiSettings)
    configure_logging("query-api", settings.log_level, settings.log_format)
    metrics = Metrics()
    bus = BusLater(settings, "nk-query-api", metrics)
    app = build_app(settings, publisher=bus, listener=bus, metrics=metrics)
    gc.freeze()
    gc.enable()
    serve(app, settings.http_host, settings.query_api_port, "query-api", on_stop=lambda: end_streams(app))


if __name__ == "__main__":
    main()
