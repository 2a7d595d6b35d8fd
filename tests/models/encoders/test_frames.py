from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from models.config import Config
from models.encoders import ENCODERS, Clip, Content, Encoder
from models.encoders.frames import Frames, FramesConfig
from models.errors import ConfigError
from models.modality import Modality
from models.motion import MOTION_DIM
from models.registry import Entry
from tests.recordings import moving


class _Mean(Encoder):
    """The mean colour of a picture."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})

    @property
    def dim(self) -> int:
        return 3

    def fingerprint(self) -> str:
        return "5" * 16

    def encode(self, batch: Sequence[Content]) -> Tensor:
        rows = [np.asarray(picture, np.float32).mean((0, 1)) for picture in batch]
        return torch.from_numpy(np.array(rows, np.float32).reshape(-1, 3))


@pytest.fixture(autouse=True)
def mean(monkeypatch: pytest.MonkeyPatch) -> None:
    ENCODERS.names()
    entry = Entry[Encoder]("mean", _Mean, Config, "Mean", "For tests.")
    monkeypatch.setitem(ENCODERS._entries, "mean", entry)


def _encoder(frames: int = 4, image: str = "mean") -> Frames:
    config = FramesConfig(image=image, frames=frames)
    return Frames(config, Modality.VIDEO, torch.device("cpu"))


def _clip(pixels: np.ndarray, seconds: float = 2.0) -> Clip:
    return Clip(tuple(Image.fromarray(frame) for frame in pixels), seconds, None)


def test_frames_are_pooled_over_time() -> None:
    greys = [np.full((8, 8, 3), grey, np.uint8) for grey in (0, 0, 60, 60, 120, 120)]
    vector = _encoder(frames=3).encode([_clip(np.stack(greys))])[0]
    mean, spread, change = vector[:9].split(3)
    length = (3 * 60.0**2) ** 0.5
    torch.testing.assert_close(mean, torch.full((3,), 60 / length))
    torch.testing.assert_close(spread, torch.full((3,), (2 * 60.0**2 / 3) ** 0.5 / length))
    torch.testing.assert_close(change, torch.full((3,), 60 / length))


def test_two_motions_are_told_apart_whatever_the_colour() -> None:
    chance = np.random.default_rng(2)
    kinds = np.arange(16) % 2
    steps = ((2, 0), (0, 2))
    clips = [
        _clip(moving(steps[kind], 16, colour=tuple(chance.integers(80, 255, 3))))
        for kind in kinds.tolist()
    ]
    vectors = _encoder().encode(clips)
    unit = torch.nn.functional.normalize(vectors - vectors.mean(0), dim=1)
    nearest = np.asarray((unit @ unit.T - 2 * torch.eye(16)).argmax(1))
    assert (kinds[nearest] == kinds).all()


def test_a_still_of_the_same_scene_differs_from_a_movement() -> None:
    vectors = _encoder().encode([_clip(moving((2, 0), 16)), _clip(moving((0, 0), 16))])
    assert not vectors[1, 3:].any()
    assert float(vectors[0, -MOTION_DIM:].norm()) > 0.1


def test_a_clip_of_one_frame_is_a_picture() -> None:
    vector = _encoder().encode([_clip(moving(count=1))])[0]
    assert float(vector[:3].norm()) == pytest.approx(1)
    assert not vector[3:].any()


def test_the_fingerprint_covers_the_image_encoder_and_the_frames() -> None:
    encoders = (_encoder(), _encoder(frames=5), _encoder(image="efficientnet"))
    assert len({encoder.fingerprint() for encoder in encoders}) == 3


@pytest.mark.parametrize("image", ["minilm", "given"])
def test_only_what_reads_pictures_without_learning_may_look(image: str) -> None:
    with pytest.raises(ConfigError, match="image=efficientnet"):
        _encoder(image=image)
