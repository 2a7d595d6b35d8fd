"""How long and how fast a model learns; saved with the run."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.features.imputation import IMPUTATIONS
from backend.features.normalisation import NORMALISATIONS
from backend.training.sampling import SAMPLINGS
from models.config import Config, setting
from models.recommenders import Recommender


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Config):
    """Settings of gradient training; closed forms use the last two only, which are about
    the content."""

    epochs: int = setting(100, help="Most passes over the training data.", low=1, high=10_000)
    batch_size: int = setting(2048, help="Interactions per step.", low=1, high=1_000_000)
    learning_rate: float = setting(0.001, help="Step size of Adam.", low=1e-6, high=1.0)
    weight_decay: float = setting(
        0.0, help="Decoupled decay of every weight (AdamW).", low=0.0, high=10.0, expert=True
    )
    patience: int = setting(
        10, help="Evaluations without improvement before training stops.", low=1, high=10_000
    )
    eval_every: int = setting(1, help="Epochs between evaluations.", low=1, high=1000, expert=True)
    negatives: int = setting(
        1, help="Items a user did not take, per click, for pairwise losses.", low=1, high=1000
    )
    candidates: int = setting(
        1024,
        help="Items each click competes with in the softmax; all, where there are fewer.",
        low=1,
        high=1_000_000,
        expert=True,
    )
    sampling: str = setting(
        "uniform",
        help="Which items a click competes with: any (uniform), popular ones more often "
        "(popularity), those chosen in the same batch (in_batch), or near misses (hard; a softmax "
        "weighs them by itself and draws uniformly). A softmax corrects for how often items come.",
        choices=SAMPLINGS,
        expert=True,
    )
    normalisation: str = setting(
        "none",
        help="What is done to encoded content before a model reads it: nothing, every number to "
        "mean 0 and spread 1 (z_score), every vector to length 1 (l2), numbers made independent of "
        "each other (whitening).",
        choices=NORMALISATIONS,
        expert=True,
    )
    imputation: str = setting(
        "none",
        help="What stands for a modality that an item lacks: nothing (it is masked), the mean, the "
        "most alike items, or what the other modalities let expect.",
        choices=IMPUTATIONS,
        expert=True,
    )


def training_config(
    model: type[Recommender], values: Mapping[str, object] | None = None
) -> TrainingConfig:
    """The model's own defaults with `values` over them; a typo raises ConfigError."""
    return TrainingConfig.from_mapping({**model.training_defaults, **(values or {})})
