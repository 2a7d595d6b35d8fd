"""all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020): text without any download."""

from collections.abc import Sequence
from typing import ClassVar, Final

import torch
from torch import Tensor

from models.config import Config
from models.encoders._base import ENCODERS, Content, Encoder, Reading
from models.encoders._sentences import Sentences
from models.modality import Modality
from models.weights import weights_fingerprint

_PREPROCESSING: Final = "256 tokens, mean pooling, unit length, 1"
"""Goes into the fingerprint; count it up when the vectors change."""


@ENCODERS.register(
    "minilm",
    config=Config,
    title="MiniLM-L6",
    summary="English text; a small sentence encoder, installed with FusionLens.",
)
class MiniLM(Encoder):
    """f32[B, 384], of length 1; text past 256 word pieces is not read."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT, Modality.REVIEWS})
    seconds: ClassVar[float] = 0.03

    def __init__(self, config: Config, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._sentences = Sentences(device)

    @property
    def dim(self) -> int:
        return self._sentences.dim

    def fingerprint(self) -> str:
        return weights_fingerprint(self._sentences.weights, _PREPROCESSING)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        return self._sentences.read([str(text) for text in batch], len(batch))

    def reading(self, content: Content) -> Reading | None:
        """A vector f32[L, 384] per word piece."""
        return self._sentences.reading(str(content))
