"""What every nkdash service shares: contracts, the lake, the ledger, the bus. Never a service."""
