"""What every encoder is: raw content of one modality in, one vector per item out."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from torch import Tensor

from models.config import Config, setting
from models.modality import Modality
from models.registry import Registry


@dataclass(frozen=True)
class Sound:
    """A decoded recording: `samples` f32[T] in -1..1, one channel, `rate` samples a second."""

    samples: NDArray[np.float32]
    rate: int


@dataclass(frozen=True)
class Clip:
    """A decoded video: RGB `frames` at equal distances over `seconds`, and its sound, if any."""

    frames: tuple[Image, ...]
    seconds: float
    sound: Sound | None


Vector = NDArray[np.float32]
"""f32[D], finite: features that a source brought along."""

Content = Image | str | Sound | Clip | Mapping[str, str] | Vector | Tensor
"""RGB picture for `image`, plain text for `text` and `reviews`, `Sound` for `audio`, `Clip` for
`video`, column name -> written value for `attributes`; a Vector where the source gives features;
a Tensor only between an encoder's `preprocess` and its `encode`.
Never empty (missing content is not encoded)."""


@dataclass(frozen=True)
class Reading:
    """One content as a network takes it, and the rest of the way to its vector.

    `inputs` f32[3, H, W] (pixels) or f32[L, W] (a vector per piece of text). Of a text, `pieces`
    says where they stand in it (start, end), and `nothing` f32[L, W] is a text of as many unknown
    words; a picture has neither, for what is nothing in it depends on its ground. `vectors` maps
    f32[B, ...] of the shape of `inputs` to f32[B, dim] on the CPU, as `encode` does, and can be
    differentiated.
    """

    inputs: Tensor
    pieces: tuple[tuple[int, int], ...]
    vectors: Callable[[Tensor], Tensor]
    nothing: Tensor | None = None


Progress = Callable[[str, float], None]
"""Told what is being done and which part of it, 0 to 1, is done; may raise to stop the work."""


class Checkpoint(Protocol):
    """Where an unfinished `fit` leaves what it has, so that one that was stopped goes on."""

    def load(self) -> dict[str, Tensor]:
        """What was saved last; empty at the start."""

    def save(self, state: Mapping[str, Tensor]) -> None:
        """To be called after every epoch; not every call need reach the disk."""


@dataclass(frozen=True, kw_only=True)
class TrainableConfig(Config):
    """What every encoder that learns from the catalogue can be told."""

    seed: int = setting(
        0, help="Fixes first weights and order of learning.", low=0, high=2**31 - 1, expert=True
    )


class Encoder(ABC):
    """Maps a batch of content to f32[B, dim].

    `encode` is deterministic given `fingerprint()`: the store keeps vectors under
    (content hash, fingerprint) and never asks twice. Vectors are as the model gives them
    (not normalised); whoever consumes them normalises.
    """

    modalities: ClassVar[frozenset[Modality]]
    """What this class can read; an instance reads exactly one of them."""
    reads_given: ClassVar[bool] = False
    """Whether it takes the features that a source brought along in place of raw content."""
    seconds: ClassVar[float] = 0.05
    """Rough time per content on one CPU core, for an estimate where none was measured yet."""
    raw: ClassVar[bool] = False
    """Whether it gives content in whole numbers, u8 or i32 in place of f32, that a model still has
    to learn to read; never chosen by hand."""
    shared_space: ClassVar[bool] = False
    """Whether vectors of one configuration can be compared across modalities."""

    def __init__(self, config: Config, modality: Modality, device: torch.device) -> None:
        """Raises WeightsUnavailable at once, with the alternatives, where weights cannot be had."""
        self.config = config
        self.modality = modality
        self.device = device

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @property
    def words(self) -> int:
        """Where numbers of words are given: how many there are; else 0."""
        return 0

    @abstractmethod
    def fingerprint(self) -> str:
        """16 hex digits that change whenever the vectors would: weights, pooling, preprocessing."""

    def preprocess(self, content: Content) -> Content:
        """The part of `encode` that loader threads can do ahead; `encode` takes the result in
        place of the content. Called from several threads; what is preprocessed stays as it is."""
        return content

    @abstractmethod
    def encode(self, batch: Sequence[Content]) -> Tensor:
        """f32[B, dim] on the CPU; an empty batch gives f32[0, dim]."""

    def reading(self, content: Content) -> Reading | None:
        """The same in two steps between which one can differentiate: `vectors(inputs[None])` is
        what `encode` gives, up to rounding. None where the encoder has no such steps."""
        return None


class TrainableEncoder(Encoder):
    """Learns from the catalogue before it can encode, without labels that an evaluation uses.

    Until `fit` or `load_state` was called, `encode` raises RuntimeError. `fingerprint` names the
    untrained encoder: code and settings; what it learned from is added by whoever keeps its state.
    """

    config: TrainableConfig
    code: ClassVar[str]
    """Name and number of the way to compute; counted up when the vectors would change."""
    learning_seconds: ClassVar[float] = 0.001
    """Rough time per content that learning takes on one CPU core, with default settings."""

    def __init__(self, config: TrainableConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)

    def fingerprint(self) -> str:
        settings = json.dumps(self.config.to_mapping(), sort_keys=True)
        return hashlib.sha256(f"{self.code}\x1f{settings}".encode()).hexdigest()[:16]

    @abstractmethod
    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        """Learn from all `contents`, at least one (read lazily, each access may decode a file).

        Equal contents in equal order and an equal seed give an equal state on one device, also
        where an earlier attempt was stopped and left a checkpoint.
        """

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything learned, on the CPU, ready for safetensors."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Inverse of `state`."""


ENCODERS: Registry[Encoder] = Registry("encoder", "models.encoders")
