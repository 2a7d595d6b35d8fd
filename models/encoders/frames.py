"""Video: sampled frames through any image encoder, pooled over time, and what moves in it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, cast

import numpy as np
import torch
from torch import Tensor

from models.config import Config, setting
from models.encoders._base import ENCODERS, Clip, Content, Encoder, TrainableEncoder
from models.errors import ConfigError
from models.modality import Modality
from models.motion import MOTION_DIM, motion_statistics

_CODE: Final = "frames 2"
"""Goes into the fingerprint; count it up when the vectors change."""
_MOTION_WEIGHT: Final = 1.5
"""Of the picture's length 1: what moves, and what changes, are not to drown in what is seen."""


_CHANGE_DIM: Final = 256
"""Numbers for the spread and for the change of what is seen: a random projection keeps distances
(Johnson & Lindenstrauss 1984), and three times the image encoder's length would slow down every
model that reads it."""


@dataclass(frozen=True, kw_only=True)
class FramesConfig(Config):
    """Which frames, and who looks at them."""

    image: str = setting(
        "efficientnet", help="Encoder of single frames: any that reads pictures without learning."
    )
    frames: int = setting(8, help="Frames looked at, at equal distances.", low=1, high=32)


@ENCODERS.register(
    "frames",
    config=FramesConfig,
    title="Frames",
    summary="Video: frames through an image encoder, how they change, and what moves whither.",
)
class Frames(Encoder):
    """f32[B, D + 2 * C + motion]: D as the image encoder has it, C at most 256.

    Mean over the frames (length 1), standard deviation over the frames and mean absolute difference
    of neighbours (both projected to C), and `motion_statistics` of all frames of the clip. The
    sound track is not read: it is a modality of its own.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.VIDEO})
    seconds: ClassVar[float] = 0.4
    config: FramesConfig

    def __init__(self, config: FramesConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        # by name, because encoders do not know each other
        entry = ENCODERS[config.image]
        learns = issubclass(entry.cls, TrainableEncoder)
        if learns or entry.cls.raw or Modality.IMAGE not in entry.cls.modalities:
            raise ConfigError(
                f"'{config.image}' cannot look at the frames of a video: it must read pictures and "
                "must not have to learn first. Use image=efficientnet or image=open_clip."
            )
        self._eye = entry.cls(entry.config(), Modality.IMAGE, device)

    @property
    def dim(self) -> int:
        return self._eye.dim + 2 * min(_CHANGE_DIM, self._eye.dim) + MOTION_DIM

    def fingerprint(self) -> str:
        parts = f"{_CODE}\x1f{self.config.frames}\x1f{self._eye.fingerprint()}"
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        if not batch:
            return torch.zeros(0, self.dim)
        clips = [cast(Clip, content) for content in batch]
        looked_at = [self._chosen(clip) for clip in clips]
        seen = self._eye.encode([frame for frames in looked_at for frame in frames])
        parts = torch.split(seen, [len(frames) for frames in looked_at])
        return torch.stack([_pooled(part, clip) for part, clip in zip(parts, clips, strict=True)])

    def _chosen(self, clip: Clip) -> list[Content]:
        count = min(self.config.frames, len(clip.frames))
        # the middles of equal parts of the clip
        places = (np.arange(count) + 0.5) * len(clip.frames) / count
        return [clip.frames[int(place)] for place in places]


def _pooled(seen: Tensor, clip: Clip) -> Tensor:
    """f32[D + 2 * C + motion] of the frames f32[F, D] that were looked at."""
    mean = seen.mean(0)
    step = seen.diff(dim=0).abs().mean(0) if len(seen) > 1 else torch.zeros_like(mean)
    length = mean.norm().clamp_min(1e-6)
    change = torch.stack([seen.std(0, correction=0), step]) / length
    motion = torch.from_numpy(motion_statistics(clip.frames, clip.seconds))
    parts = (mean / length, _shortened(change).flatten(), motion * _MOTION_WEIGHT / MOTION_DIM**0.5)
    return torch.cat(parts)


def _shortened(change: Tensor) -> Tensor:
    """f32[2, C]."""
    width = change.shape[1]
    return change @ _projection(width) if width > _CHANGE_DIM else change


@lru_cache(maxsize=4)
def _projection(width: int) -> Tensor:
    """f32[D, C], the same on every machine."""
    drawn = np.random.default_rng(0).standard_normal((width, _CHANGE_DIM), np.float32)
    return torch.from_numpy(drawn / _CHANGE_DIM**0.5)
