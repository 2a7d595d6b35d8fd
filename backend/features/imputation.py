"""Fills in the features of items that lack a modality, before a model sees them.

Read are other features only, never clicks or splits. What was filled in stays marked.
"""

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from backend.schema import Modality
from models.recommenders import FeatureTable

Tables = Mapping[Modality, FeatureTable]
_NEIGHBOURS: Final = 10
_ROWS: Final = 1024
_STRENGTHS: Final = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Of the ridge, times the mean variance of its inputs; the best on a held-out fifth is taken."""


def impute(
    tables: Tables, strategy: str, known: Tables | None = None
) -> dict[Modality, FeatureTable]:
    """The tables with every gap filled, `imputed` where. `known` is the catalogue to learn from
    (default: the tables themselves); what it has imputed itself is not learned from.

    A modality that no item of `known` has stays absent, and so does all of an item that has
    nothing. Raw content neither tells of others nor is filled in. Strategies: `none`; `mean` of
    all that have it; `neighbours`, the mean of the ten items most alike in the other modalities;
    `learned`, ridge regression from the other modalities.
    """
    fill = _STRATEGIES.get(strategy)
    if fill is None:
        return dict(tables)
    source = {m: _original(table) for m, table in (known or tables).items() if not table.raw}
    vectors = {m: table for m, table in tables.items() if not table.raw}
    return {m: _filled(m, vectors, source, fill) if m in vectors else tables[m] for m in tables}


def _original(table: FeatureTable) -> FeatureTable:
    if table.imputed is None:
        return table
    return FeatureTable(table.values, table.present & ~table.imputed)


def _filled(modality: Modality, tables: Tables, known: Tables, fill: "_Fill") -> FeatureTable:
    table = tables[modality]
    others = [m for m in tables if m != modality and m in known and known[m].present.any()]
    has_other = torch.zeros_like(table.present)
    for other in others:
        has_other |= tables[other].present
    gaps = torch.nonzero(~table.present & has_other).flatten()
    if modality not in known or not known[modality].present.any() or not len(gaps):
        return table
    values, present = table.values.clone(), table.present.clone()
    values[gaps] = fill(modality, others, {m: _rows(tables[m], gaps) for m in others}, known)
    present[gaps] = True
    imputed = torch.zeros_like(present)
    imputed[gaps] = True
    return FeatureTable(values, present, imputed)


def _mean(modality: Modality, others: list[Modality], rows: Tables, known: Tables) -> Tensor:
    table = known[modality]
    return table.values[table.present].mean(0)


def _neighbours(modality: Modality, others: list[Modality], rows: Tables, known: Tables) -> Tensor:
    """Likeness is the mean cosine over the modalities that both items have; weighed by it."""
    here = known[modality].present
    targets = known[modality].values[here]
    sources = {m: _unit(_rows(known[m], torch.nonzero(here).flatten()), known[m]) for m in others}
    asked = {m: _unit(rows[m], known[m]) for m in others}
    count = len(next(iter(rows.values())).present)
    parts = []
    for at in range(0, count, _ROWS):
        alike = torch.zeros(min(_ROWS, count - at), len(targets))
        shared = torch.zeros_like(alike)
        for m in others:
            part = asked[m].values[at : at + _ROWS]
            alike += part @ sources[m].values.T
            both = asked[m].present[at : at + _ROWS].float()
            shared += both.unsqueeze(1) * sources[m].present.float()
        alike = torch.where(shared > 0, alike / shared.clamp_min(1), -torch.inf)
        near, who = alike.topk(min(_NEIGHBOURS, len(targets)), dim=1)
        weight = functional.softmax(near * 10, dim=1).nan_to_num(1 / near.shape[1])
        parts.append((weight.unsqueeze(2) * targets[who]).sum(1))
    return torch.cat(parts)


def _learned(modality: Modality, others: list[Modality], rows: Tables, known: Tables) -> Tensor:
    here = torch.nonzero(known[modality].present).flatten()
    inputs = _side_by_side(others, {m: _rows(known[m], here) for m in others}, known)
    targets = known[modality].values[here].double()
    mean = targets.mean(0)
    held_out = torch.arange(len(here)) % 5 == 4
    strength = _STRENGTHS[-1]
    if held_out.any():
        errors = [
            (inputs[held_out] @ weights + mean - targets[held_out]).square().mean()
            for weights in _ridges(inputs[~held_out], targets[~held_out] - mean, _STRENGTHS)
        ]
        strength = _STRENGTHS[int(torch.stack(errors).argmin())]
    (weights,) = _ridges(inputs, targets - mean, (strength,))
    return (_side_by_side(others, rows, known) @ weights + mean).float()


def _ridges(inputs: Tensor, targets: Tensor, strengths: tuple[float, ...]) -> list[Tensor]:
    """f64[W, D] for each strength, by one eigendecomposition."""
    values, vectors = torch.linalg.eigh(inputs.T @ inputs)
    aim = vectors.T @ (inputs.T @ targets)
    scale = values.mean().clamp_min(1e-12)
    return [vectors @ (aim / (values + s * scale).unsqueeze(1)) for s in strengths]


def _side_by_side(others: list[Modality], rows: Tables, known: Tables) -> Tensor:
    """f64[N, W]: the other modalities centred and of length 1, zero where absent."""
    return torch.cat([_unit(rows[m], known[m]).values.double() for m in others], dim=1)


def _unit(table: FeatureTable, known: FeatureTable) -> FeatureTable:
    mean = known.values[known.present].mean(0)
    centred = torch.where(table.present.unsqueeze(1), table.values - mean, 0.0)
    return FeatureTable(functional.normalize(centred, dim=1), table.present)


def _rows(table: FeatureTable, rows: Tensor) -> FeatureTable:
    return FeatureTable(table.values[rows], table.present[rows])


_Fill = Callable[[Modality, list[Modality], Tables, Tables], Tensor]
"""f32[G, D] (or f32[D] for all) for G gaps of a modality: its name, those that may tell, what the
items with the gaps have of these, the catalogue."""

_STRATEGIES: Final[Mapping[str, _Fill]] = {
    "mean": _mean,
    "neighbours": _neighbours,
    "learned": _learned,
}
IMPUTATIONS: Final = ("none", *_STRATEGIES)
