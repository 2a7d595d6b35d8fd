"""Strategies that join the modalities of an item. One file per strategy; `FUSIONS` finds them."""

from models.fusion._base import FUSIONS, Fusion, FusionOutput

__all__ = ["FUSIONS", "Fusion", "FusionOutput"]
