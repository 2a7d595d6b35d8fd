"""Features that came with the data: passed on as they are."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

import numpy as np
import torch
from torch import Tensor

from models.encoders._base import (
    ENCODERS,
    Checkpoint,
    Content,
    Progress,
    TrainableConfig,
    TrainableEncoder,
    Vector,
)
from models.modality import Modality


@ENCODERS.register(
    "given",
    config=TrainableConfig,
    title="As given",
    summary="Ready-made features that came with the data; nothing is computed.",
)
class Given(TrainableEncoder):
    """f32[B, D] as the source has them; all it learns is D."""

    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)
    seconds: ClassVar[float] = 0.0001
    learning_seconds: ClassVar[float] = 0.0001
    reads_given: ClassVar[bool] = True
    code: ClassVar[str] = "given 1"

    def __init__(self, config: TrainableConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._dim: int | None = None

    @property
    def dim(self) -> int:
        if self._dim is None:
            raise RuntimeError("given features have no length before fit or load_state")
        return self._dim

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        self._dim = len(cast(Vector, contents[0]))

    def state(self) -> dict[str, Tensor]:
        return {"dim": torch.tensor(self.dim)}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._dim = int(state["dim"])

    def encode(self, batch: Sequence[Content]) -> Tensor:
        rows = [cast(Vector, row) for row in batch]
        return torch.from_numpy(np.array(rows, np.float32).reshape(-1, self.dim))
