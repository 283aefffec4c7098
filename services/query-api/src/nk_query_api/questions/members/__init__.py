"""Members of the dimensions: what filters may be set to."""
