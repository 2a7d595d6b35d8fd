"""Training of any recommender, resumable and repeatable."""

from backend.training.checkpoint import EpochResult, load_tensors, save_tensors
from backend.training.config import TrainingConfig, training_config
from backend.training.seeds import seeded
from backend.training.trainer import (
    CHECKPOINT_FILE,
    MODEL_FILE,
    TrainingResult,
    train,
)

__all__ = [
    "CHECKPOINT_FILE",
    "MODEL_FILE",
    "EpochResult",
    "TrainingConfig",
    "TrainingResult",
    "load_tensors",
    "save_tensors",
    "seeded",
    "train",
    "training_config",
]
