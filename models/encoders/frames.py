"""Video: sampled frames through any image encoder, pooled over time, and what moves in it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, cast

import numpy as np
import torch
from torch import Tensor

from models.config import Config, setting
from models.encoders._base import ENCODERS, Clip, Content, Encoder, TrainableEncoder
from models.errors import ConfigError
from models.modality import Modality
from models.motion import MOTION_DIM, motion_statistics

_CODE: Final = "frames 1"
"""Goes into the fingerprint; count it up when the vectors change."""
_MOTION_WEIGHT: Final = 0.5
"""Of the picture's length 1: what moves, and what changes, are not to drown in what is seen."""


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
    """f32[B, 3 * D + motion] where D is the image encoder's length.

    Mean over the frames (length 1), standard deviation over the frames, mean absolute difference
    of neighbours, and `motion_statistics` of all frames of the clip. The sound track is not read:
    it is a modality of its own.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.VIDEO})
    config: FramesConfig

    def __init__(self, config: FramesConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        # by name, because encoders do not know each other
        entry = ENCODERS[config.image]
        learns = issubclass(entry.cls, TrainableEncoder)
        if learns or Modality.IMAGE not in entry.cls.modalities:
            raise ConfigError(
                f"'{config.image}' cannot look at the frames of a video: it must read pictures and "
                "must not have to learn first. Use image=efficientnet or image=open_clip."
            )
        self._eye = entry.cls(entry.config(), Modality.IMAGE, device)

    @property
    def dim(self) -> int:
        return 3 * self._eye.dim + MOTION_DIM

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
        parts = seen.split([len(frames) for frames in looked_at])
        return torch.stack([_pooled(part, clip) for part, clip in zip(parts, clips, strict=True)])

    def _chosen(self, clip: Clip) -> list[Content]:
        count = min(self.config.frames, len(clip.frames))
        # the middles of equal parts of the clip
        places = (np.arange(count) + 0.5) * len(clip.frames) / count
        return [clip.frames[int(place)] for place in places]


def _pooled(seen: Tensor, clip: Clip) -> Tensor:
    """f32[3 * D + motion] of the frames f32[F, D] that were looked at."""
    mean = seen.mean(0)
    change = seen.diff(dim=0).abs().mean(0) if len(seen) > 1 else torch.zeros_like(mean)
    pooled = torch.stack([mean, seen.std(0, correction=0), change]) / mean.norm().clamp_min(1e-6)
    motion = torch.from_numpy(motion_statistics(clip.frames, clip.seconds))
    return torch.cat([pooled.flatten(), motion * (_MOTION_WEIGHT / MOTION_DIM**0.5)])
