"""`nk validate`: what the lake holds, against what it should hold. One module per kind of check."""
