"""Builds any fusion at the parameter budget that makes strategies comparable."""

from collections.abc import Mapping

from models.config import Config
from models.fusion._base import FUSIONS, Fusion
from models.modality import Modality

REFERENCE_WIDTH = 128


def reference_budget(in_dims: Mapping[Modality, int], out_dim: int) -> int:
    """Parameters of one hidden layer of REFERENCE_WIDTH over the concatenated modalities."""
    joint = sum(in_dims.values())
    return (joint + 1) * REFERENCE_WIDTH + (REFERENCE_WIDTH + 1) * out_dim


def build_fusion(
    name: str,
    in_dims: Mapping[Modality, int],
    out_dim: int,
    config: Mapping[str, object] | Config | None = None,
    budget: int | None = None,
) -> Fusion:
    """The strategy `name` with about `budget` parameters (default: `reference_budget`).

    Raises ConfigError for an unknown name or setting, naming the nearest.
    """
    entry = FUSIONS[name]
    settings = config if isinstance(config, Config) else entry.config.from_mapping(config or {})
    return entry.cls(settings, in_dims, out_dim, budget or reference_budget(in_dims, out_dim))
