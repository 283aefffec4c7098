"""`python -m nk_extractor`"""

from nk_common.http import serve
from nk_common.observability import configure_logging
from nk_common.settings import load_or_exit, or_exit
from nk_common.worker import worker_app
from nk_extractor.app import build_app
from nk_extractor.settings import ExtractorSettings
from nk_extractor.source import check_source


def main() -> None:
    settings = load_or_exit(ExtractorSettings)
    or_exit(lambda: check_source(settings))
    configure_logging("extractor", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.extractor_port, "extractor")


if __name__ == "__main__":
    main()
