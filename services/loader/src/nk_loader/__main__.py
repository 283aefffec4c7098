"""`python -m nk_loader`"""

from nk_common.observability import configure_logging
from nk_common.worker import serve, worker_app
from nk_loader.app import build_app
from nk_loader.settings import LoaderSettings


def main() -> None:
    settings = LoaderSettings()
    configure_logging("loader", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.loader_port, "loader")


if __name__ == "__main__":
    main()
