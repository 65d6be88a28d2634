"""The simulated carrier, Lanyan Express: from a seed and a policy to tables whose truth is known."""
