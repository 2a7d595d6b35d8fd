"""Training loop, its settings and its checkpoints."""
