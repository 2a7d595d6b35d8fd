"""Models that score items for users. One file per model; `RECOMMENDERS` finds them by itself."""

from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    BlendingRecommender,
    ClickRecommender,
    ClosedFormRecommender,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    IterativeRecommender,
    Moments,
    Objective,
    Recommender,
    Sampling,
    TrainingData,
)
from models.recommenders._build import build_recommender
from models.recommenders._item_graph import ItemGraphs

__all__ = [
    "RECOMMENDERS",
    "Batch",
    "BlendingRecommender",
    "ClickRecommender",
    "ClosedFormRecommender",
    "Coalition",
    "ContentUse",
    "Embeddings",
    "FeatureTable",
    "ItemGraphs",
    "IterativeRecommender",
    "Moments",
    "Objective",
    "Recommender",
    "Sampling",
    "TrainingData",
    "build_recommender",
]
