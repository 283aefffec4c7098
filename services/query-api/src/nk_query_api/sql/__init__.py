"""`POST /v1/sql`: one SELECT over the documented tables, and nothing else."""
