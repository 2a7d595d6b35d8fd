"""Weights of modalities as a person writes them: auto, or image=4,text=8."""

import math
from collections.abc import Sequence

from models.config import unknown_name
from models.errors import ConfigError
from models.modality import Modality

AUTO = "auto"


def parse_weights(text: str) -> dict[Modality, float] | None:
    """None for auto; ConfigError for anything that is neither that nor name=number pairs."""
    if text.strip() == AUTO:
        return None
    return dict(_pair(part) for part in text.split(","))


def weights_for(text: str, modalities: Sequence[Modality]) -> list[float] | None:
    """In the order of `modalities`, 0 for those not named; None for auto."""
    given = parse_weights(text)
    if given is None:
        return None
    for modality in given:
        if modality not in modalities:
            raise ConfigError(
                f"Weights are given for {modality}, which this run does not read; it reads "
                f"{', '.join(modalities)}."
            )
    return [given.get(modality, 0.0) for modality in modalities]


def _pair(part: str) -> tuple[Modality, float]:
    name, _, number = (side.strip() for side in part.partition("="))
    if name not in list(Modality):
        raise unknown_name("modality", name, [str(m) for m in Modality])
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= 1e6:
        raise ConfigError(
            f"'{part.strip()}' is no weight: write auto, or numbers from 0 as in image=4,text=8."
        )
    return Modality(name), weight
