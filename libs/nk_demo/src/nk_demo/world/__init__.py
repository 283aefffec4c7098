"""The made-up retailer: who works there, what is on the shelves, and what every day sells."""
