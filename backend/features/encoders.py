"""Encoders by name: the default of each modality, and `NAME:key=value` read and built."""

from functools import lru_cache
from typing import Final

import torch

from backend.data.dataset import Dataset
from backend.errors import InvalidInput
from backend.schema import Modality
from models.config import Config
from models.encoders import ENCODERS, Encoder, TrainableEncoder
from models.errors import ConfigError

GIVEN: Final = "given"
"""The encoder of ready-made features."""
OPTIONAL: Final = frozenset({Modality.ATTRIBUTES, Modality.REVIEWS})
"""Read only if asked for: the text says the attributes already, and reviews exist for few items."""
_DEFAULTS: Final = {
    Modality.IMAGE: "efficientnet",
    Modality.TEXT: "minilm",
    Modality.AUDIO: "spectrogram",
    Modality.VIDEO: "frames",
    Modality.ATTRIBUTES: "attributes",
    Modality.REVIEWS: "minilm",
}


def default_encoder(modality: Modality) -> str:
    """The encoder that is installed with FusionLens and needs no network."""
    if _DEFAULTS[modality] not in ENCODERS:
        raise InvalidInput(f"There is no encoder for {modality} yet.")
    return _DEFAULTS[modality]


def on_by_default() -> tuple[Modality, ...]:
    """Modalities that are encoded where nobody chose."""
    return tuple(m for m in Modality if m not in OPTIONAL and _DEFAULTS[m] in ENCODERS)


def encoders_for(dataset: Dataset, modality: Modality) -> tuple[str, ...]:
    """Names of all that can read what this data set has of a modality, the default first; without
    those that leave the reading to a model."""
    able = [e for e in ENCODERS.entries() if modality in e.cls.modalities and not e.cls.raw]
    raw = bool(dataset.raw_present(modality).any())
    usable = [e.name for e in able if (modality in dataset.given if e.cls.reads_given else raw)]
    return tuple(sorted(usable, key=lambda name: name != _DEFAULTS[modality]))


def parse_encoder(spec: str) -> tuple[str, Config]:
    """`NAME` or `NAME:key=value,key=value`; ConfigError names the nearest for a typo."""
    name, _, rest = spec.strip().partition(":")
    entry = ENCODERS[name.strip()]
    values: dict[str, object] = {}
    for pair in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"'{pair}' in '{spec}' needs the form key=value.")
        values[key.strip()] = value.strip()
    return entry.name, entry.config.from_mapping(values)


def new_encoder(spec: str, modality: Modality, device: torch.device) -> Encoder:
    """Built as told. Raises InvalidInput where it does not read this modality, WeightsUnavailable
    where its weights cannot be had."""
    name, config = parse_encoder(spec)
    entry = ENCODERS[name]
    if modality not in entry.cls.modalities:
        readers = (e for e in ENCODERS.entries() if modality in e.cls.modalities)
        able = [e.name for e in readers if not e.cls.raw]
        raise InvalidInput(f"{entry.title} does not read {modality}; use {', '.join(able)}.")
    return entry.cls(config, modality, device)


@lru_cache(maxsize=8)
def load_encoder(spec: str, modality: Modality, device: torch.device) -> Encoder:
    """As `new_encoder`, kept in memory for the next call; one that learns is not to be trained by
    the caller, for all callers share it."""
    return new_encoder(spec, modality, device)


def learns(spec: str) -> bool:
    """Whether the encoder must be fitted on a data set before it encodes."""
    return issubclass(ENCODERS[parse_encoder(spec)[0]].cls, TrainableEncoder)


def raw(spec: str) -> bool:
    """Whether it gives content that a model still has to learn to read."""
    return ENCODERS[parse_encoder(spec)[0]].cls.raw


def check_encodes(spec: str) -> None:
    """Raises InvalidInput where it gives raw content, which is of no use without such a model."""
    if raw(spec):
        raise InvalidInput(
            f"'{parse_encoder(spec)[0]}' encodes nothing: it serves models that learn to read by "
            "themselves, which take it without being told. Choose another encoder."
        )
