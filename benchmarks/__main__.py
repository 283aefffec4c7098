"""`python -m benchmarks [name ...]`: runs all benchmarks (but the long ones), or those named."""

from __future__ import annotations

import sys

from rich.console import Console

from benchmarks import backfill, crowded, latency, lean, long_backfill, machine, pages, questions, reloading

BENCHMARKS = {
    "backfill": backfill.run,
    "crowded": crowded.run,
    "latency": latency.run,
    "lean": lean.run,
    "long-backfill": long_backfill.run,
    "pages": pages.run,
    "questions-s": questions.small,
    "questions-m": questions.medium,
    "questions-l": questions.large,
    "reloading": reloading.run,
}
_ONLY_BY_NAME = frozenset({"long-backfill", "questions-l"})


def main(names: list[str]) -> None:
    unknown = set(names) - BENCHMARKS.keys()
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    console = Console(width=120)
    console.print(machine.describe())
    for name in names or [name for name in BENCHMARKS if name not in _ONLY_BY_NAME]:
        console.print(BENCHMARKS[name]())


if __name__ == "__main__":
    main(sys.argv[1:])
