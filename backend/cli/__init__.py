"""The command line: a thin layer over the workflows, so that everything can be scripted."""

from backend.cli._app import main

__all__ = ["main"]
