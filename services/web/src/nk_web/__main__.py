"""Start the web service: `python -m nk_web`."""

from __future__ import annotations

from nk_common.http import serve
from nk_common.observability import configure_logging
from nk_common.settings import load_or_exit
from nk_web.app import build_app
from nk_web.settings import WebSettings


def main() -> None:
    settings = load_or_exit(WebSettings)
    configure_logging("web", settings.log_level, settings.log_format)
    app = build_app(settings)
    serve(app, settings.web_host, settings.web_port, "web", on_stop=app.state.site.closing.set)


if __name__ == "__main__":
    main()
