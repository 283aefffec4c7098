"""Facts, one module each."""
