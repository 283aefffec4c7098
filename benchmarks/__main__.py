"""`python -m benchmarks [name ...]`: runs all benchmarks, or those named, and prints their tables."""

from __future__ import annotations

import sys

from rich.console import Console

from benchmarks import backfill, latency, machine

BENCHMARKS = {"backfill": backfill.run, "latency": latency.run}


def main(names: list[str]) -> None:
    unknown = set(names) - BENCHMARKS.keys()
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}.")
    console = Console(width=120)
    console.print(machine.describe())
    for name in names or BENCHMARKS:
        console.print(BENCHMARKS[name]())


if __name__ == "__main__":
    main(sys.argv[1:])
