"""The ledger: what was asked, by whom, and how far every (dataset, day) has come."""
