"""Proving that the serving database is what the lake holds, and what is derived from it is what it should be."""
