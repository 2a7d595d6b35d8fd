"""Data sets: import, validation, storage, splitting, generation."""
