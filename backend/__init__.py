"""Data, features, training, evaluation, attribution, jobs and workflows of FusionLens."""

__version__ = "0.1.0"
