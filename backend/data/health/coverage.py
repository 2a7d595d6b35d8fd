"""What items show and say, and which lack it."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent, rows_of
from backend.schema import Modality

_MANY = 0.2
"""From this share of items without a modality on, a model of it alone serves too few."""
_BANDS = (("Top 10 %", 0.0, 0.1), ("Next 40 %", 0.1, 0.5), ("Rest", 0.5, 1.0))
Present = Mapping[Modality, NDArray[np.bool_]]
"""bool[I] per modality that at least one item has."""


def missing_content(present: Present) -> Iterator[Finding]:
    """Items without a picture, without text, and those that have nothing at all."""
    for modality, there in present.items():
        lacking = int((~there).sum())
        if lacking:
            yield _lacking(modality, lacking, there)
    if present:
        nothing = ~np.logical_or.reduce(list(present.values()))
        if nothing.any():
            yield Finding(
                "no_content",
                Severity.ATTENTION,
                f"{counted(int(nothing.sum()), 'item')} {_have(int(nothing.sum()))} no content at "
                "all: neither picture nor text nor anything else.",
                "Only clicks can recommend them; while nobody has clicked them, nothing can.",
                "Give them a title or a picture in the source, or leave them out.",
                Fix("gallery", "See them", {"missing": str(next(iter(present)))}),
                rows_of(nothing),
            )


def coverage_by_popularity(
    present: Present, popularity: NDArray[np.int64]
) -> dict[Modality, dict[str, float]]:
    """Share of items with each modality among the most chosen, the middle and the rest."""
    order = np.argsort(-popularity, kind="stable")
    n = len(order)
    bands = {name: order[round(low * n) : round(high * n)] for name, low, high in _BANDS}
    return {
        modality: {name: float(there[rows].mean()) for name, rows in bands.items() if len(rows)}
        for modality, there in present.items()
    }


def _lacking(modality: Modality, lacking: int, there: NDArray[np.bool_]) -> Finding:
    share = lacking / len(there)
    many = share >= _MANY and modality in (Modality.IMAGE, Modality.TEXT)
    return Finding(
        f"no_{modality}",
        Severity.ATTENTION if many else Severity.NOTE,
        f"{counted(lacking, 'item')} ({percent(share)}) {_have(lacking)} no {_NOUNS[modality]}.",
        "Models that fuse modalities leave out what is missing; a model of "
        f"{_NOUNS[modality]} alone cannot tell these items apart.",
        "Look whether they lack it in the source too, or only got lost on the way: file names in "
        "the table that match no file are listed in the import report.",
        Fix("gallery", "See them in the gallery", {"missing": str(modality)}),
        rows_of(~there),
    )


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


_NOUNS: Mapping[Modality, str] = {
    Modality.IMAGE: "picture",
    Modality.TEXT: "title or description",
    Modality.AUDIO: "sound",
    Modality.VIDEO: "video",
    Modality.ATTRIBUTES: "attributes",
    Modality.REVIEWS: "reviews",
}
