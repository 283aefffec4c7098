"""The bus: how messages are sent, received, retried and given up."""
