"""Whether every dataset is read as it should be: judged from the ledger's rows, a clock and thresholds. Pure."""
