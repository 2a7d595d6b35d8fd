"""Kinds of generated worlds, one file or folder each; `SCENARIOS` finds them by itself."""

from backend.data.synthetic.scenarios._base import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "Scenario"]
