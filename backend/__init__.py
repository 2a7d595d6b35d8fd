"""Data, features, training, evaluation, attribution, jobs and workflows of FusionLens."""
