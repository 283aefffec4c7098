"""Questions: ranges, filters and windows, and the answers to them from a snapshot."""
