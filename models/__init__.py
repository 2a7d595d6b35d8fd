"""Torch models: encoders, fusions and recommenders. Knows torch and numpy, nothing above them."""
