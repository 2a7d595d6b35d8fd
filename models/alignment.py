"""A space shared by pictures and texts, learned by the contrastive loss of open_clip."""

import math
from dataclasses import dataclass
from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.modality import Modality

MOST_SCALE: Final = 100.0
"""Where open_clip stops the learned temperature (Radford et al. 2021, section 2.5)."""


@dataclass(frozen=True, kw_only=True)
class ContrastiveConfig(Config):
    """How a contrastive model learns."""

    epochs: int = setting(100, help="Most passes over the pairs.", low=1, high=10_000)
    batch_size: int = setting(
        2048, help="Pairs that tell each other apart in a step.", low=2, high=65_536
    )
    learning_rate: float = setting(0.002, help="Step size of AdamW.", low=1e-8, high=1.0)
    weight_decay: float = setting(
        0.01, help="Decoupled decay of every weight matrix.", low=0.0, high=10.0, expert=True
    )
    patience: int = setting(
        15, help="Passes without improvement before learning stops.", low=1, high=10_000
    )


@dataclass(frozen=True, kw_only=True)
class HeadsConfig(ContrastiveConfig):
    """Two small heads on top of encoders that stay as they are."""

    dim: int = setting(256, help="Dimensions of the shared space.", low=2, high=4096)
    hidden: int = setting(
        0, help="Width of a hidden layer in each head; 0 makes it linear.", low=0, high=8192
    )
    dropout: float = setting(
        0.5, help="Share of the features left out at random while learning.", low=0.0, high=0.95
    )
    temperature: float = setting(
        0.07, help="Where the learned temperature starts.", low=0.01, high=1.0, expert=True
    )


@dataclass(frozen=True, kw_only=True)
class FineTuneConfig(ContrastiveConfig):
    """An open_clip model that learns as a whole, so with small steps."""

    epochs: int = setting(10, help="Most passes over the pairs.", low=1, high=10_000)
    batch_size: int = setting(
        64, help="Pairs that tell each other apart in a step.", low=2, high=65_536
    )
    learning_rate: float = setting(1e-5, help="Step size of AdamW.", low=1e-8, high=1.0)
    weight_decay: float = setting(
        0.1, help="Decoupled decay of every weight matrix.", low=0.0, high=10.0, expert=True
    )
    patience: int = setting(
        2, help="Passes without improvement before learning stops.", low=1, high=10_000
    )


class ProjectionHead(nn.Module):
    """f32[B, `given`] to f32[B, `dim`] of length 1.

    Features are centred and scaled to mean square 1 per dimension first: encoders share one large
    common direction, and differ in scale by orders of magnitude.
    """

    mean: Tensor

    def __init__(self, given: int, config: HeadsConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(given))
        width = config.hidden or config.dim
        layers: list[nn.Module] = [nn.Dropout(config.dropout), nn.Linear(given, width)]
        if config.hidden:
            layers += [nn.GELU(), nn.Dropout(config.dropout), nn.Linear(width, config.dim)]
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        centred = F.normalize(features - self.mean, dim=1) * features.shape[1] ** 0.5
        return F.normalize(cast(Tensor, self.layers(centred)), dim=1)


class AlignedHeads(nn.Module):
    """A head for pictures and one for texts; the forward pass is that of an open_clip model.

    `forward(image f32[B, D_image], text f32[B, D_text])` gives (f32[B, dim], f32[B, dim], the
    factor of the cosines f32[]).
    """

    def __init__(self, image_dim: int, text_dim: int, config: HeadsConfig) -> None:
        super().__init__()
        self.image = ProjectionHead(image_dim, config)
        self.text = ProjectionHead(text_dim, config)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / config.temperature)))

    def centre(self, image: Tensor, text: Tensor) -> None:
        """Take the means of these features f32[N, D] for the centre, before learning."""
        self.image.mean.copy_(image.mean(0))
        self.text.mean.copy_(text.mean(0))

    def side(self, modality: Modality) -> ProjectionHead:
        """The head of pictures or of texts."""
        return self.image if modality is Modality.IMAGE else self.text

    def forward(self, image: Tensor, text: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.image(image), self.text(text), self.logit_scale.exp()


def contrastive_loss(image: Tensor, text: Tensor, scale: Tensor) -> Tensor:
    """Symmetric InfoNCE over a batch of pairs, open_clip's own (`ClipLoss`).

    `image`, `text` f32[B, D] of length 1; row b of one belongs to row b of the other and to no
    other row, so a batch must not hold a content twice.
    """
    # imported here because it takes seconds, which reading an aligned space need not wait for
    from open_clip.loss import ClipLoss

    return cast(Tensor, ClipLoss()(image, text, scale))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """What decays and what does not (biases, norms, the temperature), as open_clip trains."""
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    bare = [p for name, p in named if p.ndim < 2]
    return [
        {"params": [p for _, p in named if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": bare, "weight_decay": 0.0},
    ]
