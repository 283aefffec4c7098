"""`python -m nk_cleaner`"""

from nk_cleaner.app import build_app
from nk_cleaner.settings import CleanerSettings
from nk_common.observability import configure_logging
from nk_common.worker import serve, worker_app


def main() -> None:
    settings = CleanerSettings()
    configure_logging("cleaner", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.cleaner_port, "cleaner")


if __name__ == "__main__":
    main()
