"""Ways in which messages reach people."""
