"""Cleaner: raw chunks in, typed and validated days out; bad rows are kept aside, with their reason."""
