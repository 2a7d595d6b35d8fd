"""Weights of likeness as a person writes them: auto, or image=4,text=8,image+text=2."""

import math
from collections.abc import Mapping, Sequence

from models.config import unknown_name
from models.errors import ConfigError
from models.modality import Modality
from models.recommenders._likeness import Facet

AUTO = "auto"


def parse_weights(text: str) -> dict[Facet, float] | None:
    """None for auto; ConfigError for anything that is neither that nor name=number pairs."""
    if text.strip() == AUTO:
        return None
    return dict(_pair(part) for part in text.split(","))


def weights_for(text: str, facets: Sequence[Facet]) -> list[float] | None:
    """In the order of `facets`, 0 for those not named; None for auto."""
    given = parse_weights(text)
    if given is None:
        return None
    # image+text and text+image are one
    by_set = {frozenset(facet): weight for facet, weight in given.items()}
    for facet in given:
        if frozenset(facet) not in map(frozenset, facets):
            raise ConfigError(
                f"Weights are given for {'+'.join(facet)}, which this run does not read; it reads "
                f"{', '.join(map('+'.join, facets))}."
            )
    return [by_set.get(frozenset(facet), 0.0) for facet in facets]


def written(weights: Mapping[Facet, float]) -> str:
    """The text that `weights_for` reads."""
    return ",".join(f"{'+'.join(facet)}={weight}" for facet, weight in weights.items())


def _pair(part: str) -> tuple[Facet, float]:
    name, _, number = (side.strip() for side in part.partition("="))
    facet = tuple(name.split("+"))
    for each in facet:
        if each not in list(Modality):
            raise unknown_name("modality", each, [str(m) for m in Modality])
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= 1e6:
        raise ConfigError(
            f"'{part.strip()}' is no weight: write auto, or numbers from 0 as in image=4,text=8."
        )
    return tuple(map(Modality, facet)), weight
