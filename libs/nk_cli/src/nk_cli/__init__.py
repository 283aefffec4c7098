"""`nk`: everything an operator types."""
