"""Fused: encoded content of all modalities and clicks in one model."""

from models.recommenders._base import RECOMMENDERS
from models.recommenders._fused import FusedConfig, FusedRecommender


@RECOMMENDERS.register(
    "fused",
    config=FusedConfig,
    title="Fused",
    summary="Content of all modalities and clicks in one model, joined by the fusion you choose.",
)
class Fused(FusedRecommender):
    """Over what encoders gave, which training leaves as it is."""
