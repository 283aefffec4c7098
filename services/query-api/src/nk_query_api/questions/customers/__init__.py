"""Questions about customers: how many, who, how often, and whether they come back."""
