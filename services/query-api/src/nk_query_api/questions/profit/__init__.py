"""Details of profit: what was sold below cost, and what a product has cost over time."""
