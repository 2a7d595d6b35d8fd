"""Strategies that join the modalities of an item. One file per strategy; `FUSIONS` finds them."""

from models.fusion._base import FUSIONS, Fusion, FusionOutput
from models.fusion._build import build_fusion, reference_budget

__all__ = ["FUSIONS", "Fusion", "FusionOutput", "build_fusion", "reference_budget"]
