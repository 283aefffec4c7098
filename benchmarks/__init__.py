"""Benchmarks: `make bench`. Figures are medians; both sides of a comparison are measured in one run."""
