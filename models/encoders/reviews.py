"""What people wrote, review by review: each is read whole, and an item is their mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from torch import Tensor

from models.config import Config, setting
from models.encoders._base import ENCODERS, Content, Encoder
from models.encoders._sentences import Sentences
from models.modality import Modality
from models.weights import weights_fingerprint

_PREPROCESSING: Final = "each line by itself, 256 tokens, mean, 1"
"""Goes into the fingerprint; count it up when the vectors change."""
_AT_ONCE: Final = 64


@dataclass(frozen=True, kw_only=True)
class ReviewsConfig(Config):
    """How much of an item's reviews is read."""

    most: int = setting(
        20,
        help="Reviews read per item, the latest ones; reading takes as much longer.",
        low=1,
        high=50,
    )


@ENCODERS.register(
    "reviews",
    config=ReviewsConfig,
    title="Review by review",
    summary="English reviews; each one is read whole by MiniLM, where reading them as one text "
    "ends after the first few.",
)
class Reviews(Encoder):
    """f32[B, 384]: the mean over reviews, one a line, of their vectors of length 1.

    Reviewers who agree give a longer mean than reviewers who do not.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.REVIEWS})
    seconds: ClassVar[float] = 0.15
    config: ReviewsConfig

    def __init__(self, config: ReviewsConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._sentences = Sentences(device)

    @property
    def dim(self) -> int:
        return self._sentences.dim

    def fingerprint(self) -> str:
        return weights_fingerprint(self._sentences.weights, self.config.most, _PREPROCESSING)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        reviews = [str(text).splitlines()[-self.config.most :] for text in batch]
        counts = torch.tensor([len(lines) for lines in reviews], dtype=torch.long)
        vectors = self._sentences.read([line for lines in reviews for line in lines], _AT_ONCE)
        owner = torch.arange(len(reviews)).repeat_interleave(counts)
        total = torch.zeros(len(reviews), self.dim).index_add_(0, owner, vectors)
        return total / counts.clamp_min(1).unsqueeze(1)
