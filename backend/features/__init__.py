"""Encoded content of items."""
