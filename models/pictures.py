"""Small pictures to vectors: a residual network that learns from a catalogue, and its views."""

import math
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

CELLS: Final = 2
"""Each side of the picture ends in so many cells: products are shot alike, so where a sleeve or a
heel is says what the thing is."""
_LEAST_AREA: Final = 0.5
_JITTER: Final = 0.4


def small_pixels(picture: Image.Image, side: int) -> Tensor:
    """u8[3, side, side]; a stored picture is decoded at the nearest larger eighth."""
    picture.draft("RGB", (2 * side, 2 * side))
    small = picture.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)


def picture_dim(width: int) -> int:
    """Numbers that `picture_network` gives of a picture."""
    return 8 * width * CELLS**2


class _Block(nn.Module):
    """Two convolutions around which the input is added (He et al. 2016)."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outer),
        )
        same = stride == 1 and inner == outer
        self.past: nn.Module = nn.Identity()
        if not same:
            self.past = nn.Sequential(
                nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)
            )

    def forward(self, maps: Tensor) -> Tensor:
        return functional.relu(self.body(maps) + self.past(maps))


def picture_network(width: int) -> nn.Module:
    """f32[B, 3, S, S] in -1..1 to f32[B, `picture_dim`].

    Four residual stages, the first with `width` channels, the last averaged in 2 x 2 cells. To
    learn from a single picture S must be 48 or more.
    """
    return nn.Sequential(
        nn.Conv2d(3, width, 5, 2, 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(2),
        _Block(width, width, 1),
        _Block(width, 2 * width, 2),
        _Block(2 * width, 4 * width, 2),
        _Block(4 * width, 8 * width, 2),
        nn.AdaptiveAvgPool2d(CELLS),
        nn.Flatten(),
    )


def scaled(pictures: Tensor) -> Tensor:
    """From 0..1 to -1..1."""
    return pictures.mul(2).sub(1).contiguous(memory_format=torch.channels_last)


def varied(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """A random part of each of f32[B, 3, S, S] in 0..1, perhaps mirrored, in other colours."""
    return _recoloured(cropped(pictures, chance), chance)


def cropped(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """A random part of each of f32[B, 3, S, S], at the same size, perhaps mirrored."""
    count = len(pictures)
    area = _LEAST_AREA + (1 - _LEAST_AREA) * torch.rand(count, generator=chance)
    ratio = torch.exp(math.log(4 / 3) * _even(chance, count))
    wide, high = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    place = torch.zeros(count, 2, 3)
    place[:, 0, 0] = wide * torch.sign(_even(chance, count))
    place[:, 0, 2] = _even(chance, count) * (1 - wide)
    place[:, 1, 1] = high
    place[:, 1, 2] = _even(chance, count) * (1 - high)
    grid = functional.affine_grid(
        place.to(pictures.device), list(pictures.shape), align_corners=False
    )
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _recoloured(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """Other contrast, brightness and tint; one in five loses its colours."""
    count, device = len(pictures), pictures.device
    contrast = 1 + _JITTER * _even(chance, count, 1, 1, 1)
    gain = (1 + _JITTER * _even(chance, count, 1, 1, 1)) * (
        1 + 0.6 * _JITTER * _even(chance, count, 3, 1, 1)
    )
    grey = torch.rand(count, 1, 1, 1, generator=chance) < 0.2
    mean = pictures.mean((1, 2, 3), keepdim=True)
    pictures = ((pictures - mean) * contrast.to(device) + mean) * gain.to(device)
    pale = pictures.mean(1, keepdim=True).expand_as(pictures)
    return torch.where(grey.to(device), pale, pictures).clamp_(0, 1)


def _even(chance: torch.Generator, *shape: int) -> Tensor:
    """Evenly in -1..1."""
    return 2 * torch.rand(*shape, generator=chance) - 1
