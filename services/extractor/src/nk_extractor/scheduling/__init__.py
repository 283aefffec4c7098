"""The schedule at work: firings become runs, each once."""
