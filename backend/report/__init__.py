"""A report on an experiment for people who have no FusionLens: one HTML file, and its tables."""
