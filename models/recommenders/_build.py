"""Builds any recommender from names and loose settings."""

from collections.abc import Mapping, Sequence

from models.config import Config
from models.errors import ConfigError
from models.fusion import build_fusion
from models.recommenders._base import (
    RECOMMENDERS,
    BlendingRecommender,
    Objective,
    Recommender,
    TrainingData,
)


def build_recommender(
    name: str,
    data: TrainingData,
    *,
    config: Mapping[str, object] | Config | None = None,
    objective: Objective = "ranking",
    fusion: str | None = None,
    fusion_config: Mapping[str, object] | Config | None = None,
    members: Sequence[Recommender] = (),
) -> Recommender:
    """The model `name` with fresh weights from torch's global generator.

    `fusion` names the strategy where the model takes one (default "early_sum");
    `members` are the finished models that a `BlendingRecommender` joins. Raises ConfigError
    for an unknown name or setting, an objective the model cannot learn, or a fusion it cannot use.
    """
    entry = RECOMMENDERS[name]
    settings = config if isinstance(config, Config) else entry.config.from_mapping(config or {})
    if objective not in entry.cls.objectives:
        able = " or ".join(sorted(entry.cls.objectives))
        raise ConfigError(f"'{name}' cannot learn the objective '{objective}'; it does {able}.")
    if issubclass(entry.cls, BlendingRecommender):
        return entry.cls(settings, data, objective, members)
    if entry.cls.uses_content() and not data.features:
        raise ConfigError(f"'{name}' learns from item content; encode at least one modality first.")
    if not entry.cls.takes_fusion:
        if fusion is not None:
            raise ConfigError(f"'{name}' takes no fusion; leave it out or choose 'fused'.")
        return entry.cls(settings, data, objective)
    in_dims, out_dim = entry.cls.fusion_shape(settings, data)
    joined = build_fusion(fusion or "early_sum", in_dims, out_dim, fusion_config)
    return entry.cls(settings, data, objective, joined)
