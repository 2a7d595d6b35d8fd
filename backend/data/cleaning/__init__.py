"""Cleaning: a chain of named steps, each with its settings, recorded with the data set."""

from backend.data.cleaning.chain import clean
from backend.data.cleaning.config import CleaningConfig
from backend.data.cleaning.draft import Draft

__all__ = ["CleaningConfig", "Draft", "clean"]
