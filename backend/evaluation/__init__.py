"""Metrics, the evaluator and statistics."""
