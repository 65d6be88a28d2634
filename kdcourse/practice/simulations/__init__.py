"""Simulations: decisions tried out on the carrier that made the data, beside doing nothing."""
