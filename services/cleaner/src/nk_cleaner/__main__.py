"""`python -m nk_cleaner`"""

from nk_cleaner.app import build_app
from nk_cleaner.settings import CleanerSettings
from nk_common.http import serve
from nk_common.observability import configure_logging
from nk_common.settings import load_or_exit
from nk_common.worker import worker_app


def main() -> None:
    settings = load_or_exit(CleanerSettings)
    configure_logging("cleaner", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.cleaner_port, "cleaner")


if __name__ == "__main__":
    main()
