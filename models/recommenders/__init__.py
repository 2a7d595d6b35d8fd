"""Models that score items for users. One file per model; `RECOMMENDERS` finds them by itself."""

from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    ClosedFormRecommender,
    Embeddings,
    FeatureTable,
    IterativeRecommender,
    Recommender,
    TrainingData,
)

__all__ = [
    "RECOMMENDERS",
    "Batch",
    "ClosedFormRecommender",
    "Embeddings",
    "FeatureTable",
    "IterativeRecommender",
    "Recommender",
    "TrainingData",
]
