"""`python -m nk_extractor`"""

from nk_common.observability import configure_logging
from nk_common.worker import serve, worker_app
from nk_extractor.app import build_app
from nk_extractor.settings import ExtractorSettings


def main() -> None:
    settings = ExtractorSettings()
    configure_logging("extractor", settings.log_level, settings.log_format)
    serve(worker_app(build_app(settings)), settings.http_host, settings.extractor_port, "extractor")


if __name__ == "__main__":
    main()
