"""Questions about sales: ranges and windows, and the answers to them from a snapshot."""
