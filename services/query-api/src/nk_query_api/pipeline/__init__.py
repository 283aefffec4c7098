"""The pipeline as people see it: its ledger, its live events, and the commands that start it."""
