"""Any open_clip model (Radford et al. 2021; Cherti et al. 2023): pictures and text in one space."""

import json
import os
import socket
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, Final, cast
from urllib.parse import urlsplit

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from models.config import Config, setting, unknown_name
from models.encoders._base import ENCODERS, Content, Encoder, Reading
from models.errors import ConfigError, WeightsUnavailable
from models.modality import Modality
from models.weights import existing_file, weights_fingerprint

_PREPROCESSING: Final = "as open_clip's inference transform, 1"
"""Goes into the fingerprint; count it up when the vectors change."""
_PRESET_KEY: Final = "open_clip_preset"
"""Where a checkpoint that was fine-tuned here says how it wants its pictures."""
_PROBE_SECONDS: Final = 2.0
_WEIGHT_FILES: Final = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_ALTERNATIVES: Final = (
    "Name a local file with checkpoint=PATH, or use efficientnet for images and minilm for text, "
    "which are installed."
)


@dataclass(frozen=True, kw_only=True)
class OpenClipConfig(Config):
    """Which model, and where its weights come from."""

    model: str = setting("ViT-B-32", help="Name of an open_clip architecture.")
    pretrained: str = setting(
        "laion2b_s34b_b79k",
        help="Tag of its weights; fetched from the Hugging Face hub unless cached.",
    )
    checkpoint: str = setting(
        "",
        help="A weight file on this machine (safetensors; .pt and .bin are read without pickled "
        "code), used instead of the tag.",
    )


@ENCODERS.register(
    "open_clip",
    config=OpenClipConfig,
    title="OpenCLIP",
    summary="Pictures and text in one shared space; any open_clip model, needs its weights.",
)
class OpenClip(Encoder):
    """f32[B, embed_dim], not normalised; both modalities of one model lie in one space."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE, Modality.TEXT})
    seconds: ClassVar[float] = 0.25
    shared_space: ClassVar[bool] = True
    config: OpenClipConfig

    def __init__(self, config: OpenClipConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._architecture = _architecture(config.model)
        if config.checkpoint:
            self._weights = _local(config)
            self._preset = _kept_preset(self._weights)
        else:
            self._preset = _preset(config)
            self._weights = _pretrained(config, self._preset)

    @property
    def dim(self) -> int:
        return int(self._architecture["embed_dim"])

    def fingerprint(self) -> str:
        architecture = json.dumps(self._architecture, sort_keys=True)
        preset = json.dumps(self._preset, sort_keys=True, default=str)
        return weights_fingerprint(
            self._weights, self.modality, self.config.model, architecture, preset, _PREPROCESSING
        )

    def preprocess(self, content: Content) -> Content:
        """f32[3, H, W] of a picture."""
        if self.modality is Modality.TEXT or isinstance(content, Tensor):
            return content
        return self._loaded[1](cast(Image.Image, content))

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        if not batch:
            return torch.zeros(0, self.dim)
        network: Any = self.network
        inputs = self.prepare(batch)
        if self.modality is Modality.TEXT:
            vectors = network.encode_text(inputs)
        else:
            vectors = network.encode_image(inputs)
        return cast(Tensor, vectors).float().cpu()

    def reading(self, content: Content) -> Reading | None:
        """Pixels f32[3, H, W] as the network is given them. None for text: its tokeniser does not
        tell where in the text a token stands."""
        if self.modality is Modality.TEXT:
            return None
        network: Any = self.network

        def vectors(pixels: Tensor) -> Tensor:
            return cast(Tensor, network.encode_image(pixels.to(self.device))).float().cpu()

        return Reading(self.prepare([content])[0].cpu(), (), vectors)

    @property
    def network(self) -> nn.Module:
        """Both towers; `network(images, texts)` gives both sides' vectors of length 1, then the
        factor of their cosines. Whoever trains it uses an instance of their own."""
        return self._loaded[0]

    def prepare(self, batch: Sequence[Content]) -> Tensor:
        """What the network takes: pixels f32[B, 3, H, W] or tokens i64[B, T], on the device."""
        if self.modality is Modality.TEXT:
            return self._tokenizer([str(text) for text in batch]).to(self.device)
        pictures = [cast(Tensor, self.preprocess(picture)) for picture in batch]
        return torch.stack(pictures).to(self.device)

    def checkpoint_metadata(self) -> dict[str, str]:
        """What a safetensors file of the network's weights must carry in its header to be read
        as this encoder reads: how pictures are to be prepared."""
        return {_PRESET_KEY: json.dumps(self._preset, default=str)}

    @cached_property
    @torch.inference_mode(False)  # also where encoding asks first: these weights may learn later
    def _loaded(self) -> tuple[nn.Module, Callable[[Image.Image], Tensor]]:
        import open_clip

        try:
            network, _, transform = open_clip.create_model_and_transforms(
                self.config.model,
                pretrained=str(self._weights),
                device=self.device,
                force_quick_gelu=bool(self._preset.get("quick_gelu", False)),
                image_mean=self._preset.get("mean"),
                image_std=self._preset.get("std"),
                image_interpolation=self._preset.get("interpolation"),
                image_resize_mode=self._preset.get("resize_mode"),
                pretrained_text=False,
                weights_only=True,
            )
        except Exception as error:
            raise WeightsUnavailable(
                f"'{self._weights.name}' does not hold the weights of {self.config.model} "
                f"({_first_line(error)}). {_ALTERNATIVES}"
            ) from error
        return network.eval(), transform

    @cached_property
    def _tokenizer(self) -> Callable[[list[str]], Tensor]:
        import open_clip

        wanted = self._architecture.get("text_cfg", {}).get("hf_tokenizer_name", "")
        if wanted and not _cached(wanted, "tokenizer.json", "tokenizer_config.json"):
            _require_network(f"The tokenizer of {self.config.model}")
        try:
            return cast(Callable[[list[str]], Tensor], open_clip.get_tokenizer(self.config.model))
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            raise WeightsUnavailable(
                f"The tokenizer of {self.config.model} cannot be had ({_first_line(error)}). "
                f"{_ALTERNATIVES}"
            ) from error


def _architecture(name: str) -> dict[str, Any]:
    import open_clip

    found = None if ":" in name else open_clip.get_model_config(name)
    if found is None:
        raise unknown_name("open_clip model", name, open_clip.list_models())
    return dict(found)


def _preset(config: OpenClipConfig) -> dict[str, Any]:
    """How a tag's weights want their pictures, and where they are kept."""
    import open_clip

    preset = open_clip.get_pretrained_cfg(config.model, config.pretrained)
    if not preset:
        tags = open_clip.list_pretrained_tags_by_model(config.model)
        raise unknown_name(f"pretrained tag of {config.model}", config.pretrained, tags)
    return dict(preset)


def _local(config: OpenClipConfig) -> Path:
    path = Path(config.checkpoint).expanduser()
    if path.suffix not in (".safetensors", ".pt", ".pth", ".bin"):
        raise ConfigError(f"'{path.name}' is not a weight file (.safetensors, .pt, .pth or .bin).")
    return existing_file(
        path.resolve(), f"open_clip at '{config.checkpoint}'", "Correct the path in 'checkpoint'."
    )


def _kept_preset(path: Path) -> dict[str, Any]:
    """What `checkpoint_metadata` wrote; empty for weights from elsewhere."""
    if path.suffix != ".safetensors":
        return {}
    try:
        with safe_open(path, framework="pt") as file:
            kept = json.loads((file.metadata() or {}).get(_PRESET_KEY, "{}"))
    except (OSError, ValueError, SafetensorError) as error:
        raise WeightsUnavailable(
            f"'{path.name}' cannot be read ({_first_line(error)}). {_ALTERNATIVES}"
        ) from error
    return kept if isinstance(kept, dict) else {}


def _pretrained(config: OpenClipConfig, preset: dict[str, Any]) -> Path:
    """The weight file of the tag, from the cache or the hub."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    repository, name = os.path.split(str(preset.get("hf_hub", "")))
    names = (name,) if name else _WEIGHT_FILES
    if kept := _cached(repository, *names):
        return kept
    what = f"The weights of open_clip {config.model} ({config.pretrained})"
    _require_network(what)
    for candidate in names:
        try:
            return Path(hf_hub_download(repository, candidate, etag_timeout=5))
        except EntryNotFoundError:
            continue
        except Exception as error:
            raise WeightsUnavailable(
                f"{what}: fetching failed ({_first_line(error)}). {_ALTERNATIVES}"
            ) from error
    raise WeightsUnavailable(f"{what}: not on the hub. {_ALTERNATIVES}")


def _cached(repository: str, *names: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for name in names:
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str):
            return Path(found)
    return None


def _require_network(what: str) -> None:
    """Raises within about two seconds where the hub is out of reach, for its client would retry."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE or not _reachable(constants.ENDPOINT):
        raise WeightsUnavailable(
            f"{what}: neither in the cache nor reachable on the Hugging Face hub. {_ALTERNATIVES}"
        )


def _reachable(address: str) -> bool:
    """Whether the host, or the proxy on the way to it, takes a connection."""
    parts = urlsplit(urllib.request.getproxies().get(urlsplit(address).scheme) or address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    answered: list[bool] = []

    def probe() -> None:
        try:
            with socket.create_connection((parts.hostname or "", port), _PROBE_SECONDS):
                answered.append(True)
        except OSError:
            answered.append(False)

    # in a thread, because looking up a name heeds no timeout
    thread = Thread(target=probe, daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS)
    return answered == [True]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
