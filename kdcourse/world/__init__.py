"""The simulated carrier: from a seed and a policy to tables whose truth is known."""
