"""`python -m nk_loader`"""

from nk_common.http import serve
from nk_common.observability import configure_logging
from nk_common.settings import load_or_exit
from nk_common.worker import worker_app
from nk_loader.app import build_app
from nk_loader.settings import LoaderSettings


def main() -> None:
    settings = load_or_exit(LoaderSettings)
    configure_logging("loader", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.loader_port, "loader")


if __name__ == "__main__":
    main()
