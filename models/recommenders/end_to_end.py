"""End to end: networks for pixels and words learn together with the recommender, from clicks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from models.config import Config, setting
from models.modality import Modality
from models.recommenders._base import RECOMMENDERS, Batch, TrainingData
from models.recommenders._content import ItemContent
from models.recommenders._fused import FusedConfig, FusedRecommender
from models.recommenders._raw import RawContent, Reading


@dataclass(frozen=True, kw_only=True)
class EndToEndConfig(FusedConfig):
    """Settings of the end-to-end recommender: those of `fused` and those of its networks."""

    feature_dim: int = setting(
        128, help="Numbers that a network gives of a picture or a text.", low=8, high=1024
    )
    anew: int = setting(
        96,
        help="Items whose pictures and words are read again in each step; the others as they were "
        "read when the epoch began.",
        low=8,
        high=100_000,
    )
    text_network: str = setting(
        "lstm",
        help="What reads the words: a recurrent network (lstm) or one of attention (transformer).",
        choices=("lstm", "transformer"),
    )
    side: int = setting(
        48, help="Pictures are read at this size, in pixels.", low=48, high=256, expert=True
    )
    picture_width: int = setting(
        16,
        help="Channels of the first of four stages that read a picture.",
        low=8,
        high=64,
        expert=True,
    )
    vocabulary: int = setting(
        20_000, help="Words that are known.", low=100, high=200_000, expert=True
    )
    longest: int = setting(48, help="Words of a text that are read.", low=8, high=1024, expert=True)
    word_width: int = setting(32, help="Numbers per word.", low=8, high=512, expert=True)
    text_layers: int = setting(
        1, help="transformer only: layers of attention.", low=1, high=12, expert=True
    )


@RECOMMENDERS.register(
    "end_to_end",
    config=EndToEndConfig,
    title="End to end",
    summary="Reads pixels and words itself and learns to from clicks, whatever encoders are chosen "
    "for pictures and texts. It takes far longer than models over encoded content and was measured "
    "to do worse; it is for asking what a network learns from clicks alone.",
)
class EndToEnd(FusedRecommender):
    """The score is that of `fused`; what its fusion joins comes from a convolutional network on
    pixels and an LSTM or Transformer on words, all trained by one loss.

    In the line of DVBPR (Kang et al. 2017, https://arxiv.org/abs/1711.02231) and neural
    personalized ranking (Niu et al. 2018, https://doi.org/10.1145/3159652.3159728), which train
    a network on pictures by pairs of items; here each click competes with many, words are read
    too, and people are what they took. Yuan et al. 2023 (https://arxiv.org/abs/2303.13835) find
    that large networks which were trained elsewhere before gain from this; the small ones here
    begin with nothing, and bench/results/end_to_end.md says how they compare with fixed features.
    """

    content: RawContent
    settings: EndToEndConfig
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.002,
        "batch_size": 512,
        "epochs": 40,
        "patience": 6,
        "weight_decay": 1.0,
    }

    @classmethod
    def raw_readers(cls, config: Config) -> Mapping[Modality, str]:
        given = cast(EndToEndConfig, config)
        words = f"tokens:vocabulary={given.vocabulary},longest={given.longest}"
        return {
            Modality.IMAGE: f"pixels:side={given.side}",
            Modality.TEXT: words,
            Modality.REVIEWS: words,
        }

    @classmethod
    def fusion_shape(cls, config: Config, data: TrainingData) -> tuple[Mapping[Modality, int], int]:
        given = cast(EndToEndConfig, config)
        return RawContent.dims(data, given.feature_dim), given.dim

    @classmethod
    def read_content(cls, config: FusedConfig, data: TrainingData) -> ItemContent:
        given = cast(EndToEndConfig, config)
        reading = Reading(
            dim=given.feature_dim,
            picture_width=given.picture_width,
            word_width=given.word_width,
            transformer=given.text_network == "transformer",
            layers=given.text_layers,
        )
        return RawContent(data, reading)

    def begin_epoch(self, epoch: int) -> None:
        self.content.read_all()

    def loss(self, batch: Batch) -> Tensor:
        with self.content.learning(self._anew(batch)):
            return super().loss(batch)

    def _anew(self, batch: Batch) -> Tensor:
        """i64[R]: some of the items that compete in a step, any with equal chance."""
        there: Tensor = torch.unique(torch.cat([batch.items, batch.negatives.flatten()]))
        order = torch.randperm(len(there), device=there.device)
        return there[order[: self.settings.anew]]
