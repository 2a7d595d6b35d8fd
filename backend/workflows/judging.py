"""How a run is judged while it learns: the figure of its objective on the validation part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from backend.data.dataset import SplitData
from backend.evaluation.evaluator import evaluate_clicks, evaluate_rating, quick_validation
from backend.evaluation.metrics import metric_of
from backend.schema import HEADLINE_METRIC, SplitName
from models.recommenders import Embeddings, TrainingData


@dataclass(frozen=True)
class Judge:
    """`validate` gives the figures that early stopping and searches look at, `metric` among
    them."""

    metric: str
    validate: Callable[[Embeddings], Mapping[str, float]]

    @property
    def higher_is_better(self) -> bool:
        return metric_of(self.metric)[0].higher_is_better

    @property
    def direction(self) -> Literal["max", "min"]:
        return "max" if self.higher_is_better else "min"


def monitored(objective: str) -> str:
    """The metric by which runs of an objective are chosen."""
    return {"rating": "rmse", "ctr": "logloss"}.get(objective, HEADLINE_METRIC)


def judge(objective: str, data: TrainingData, split: SplitData) -> Judge:
    """Looks at `split.validation` and, to leave out what is known, at the training part."""

    def rated(embeddings: Embeddings) -> Mapping[str, float]:
        low, high = float(data.ratings.min()), float(data.ratings.max())
        return evaluate_rating(embeddings, split.validation, low, high).means()

    def ranked(embeddings: Embeddings) -> Mapping[str, float]:
        return quick_validation(
            embeddings,
            split.train,
            split.validation,
            candidates=split.candidates.get(SplitName.VALIDATION),
        )

    def clicked(embeddings: Embeddings) -> Mapping[str, float]:
        return evaluate_clicks(embeddings, split.validation).means()

    validate = {"rating": rated, "ctr": clicked}.get(objective, ranked)
    return Judge(monitored(objective), validate)
