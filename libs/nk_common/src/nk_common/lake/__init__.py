"""The data lake: paths, atomic writes, reads."""
