"""Keeping the lake and the ledger in order: recovery, retention, reset, backup."""
