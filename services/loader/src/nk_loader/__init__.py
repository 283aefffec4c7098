"""Loader: clean days in, the star schema out."""
