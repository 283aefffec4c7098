"""The morning digest: when it is due, what it says."""
