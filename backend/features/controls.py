"""Features made meaningless on purpose: what would the same model do without this modality?

A control keeps everything but the meaning: how many items have the modality and which, the width
and scale of its vectors, the model and its budget. What a model gains over its control it owes to
the content.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import torch
from torch import Tensor

from backend.errors import InvalidInput
from backend.schema import Modality
from models.recommenders import FeatureTable

REMOVED: Final = "removed"


def controlled(
    tables: Mapping[Modality, FeatureTable], controls: Mapping[str, str], seed: int
) -> dict[Modality, FeatureTable]:
    """The tables, those named in `controls` (modality -> control) without their meaning."""
    return {
        modality: control_table(table, controls[modality], modality, seed)
        if modality in controls
        else table
        for modality, table in tables.items()
    }


def control_table(table: FeatureTable, control: str, modality: str, seed: int) -> FeatureTable:
    """The same for one table; absent items stay absent. Equal seeds give equal tables.

    `shuffled` hands every vector to another item that has the modality; `noise` draws normal
    vectors of the same mean and spread per dimension (of raw content, every number is that of some
    item in its place); `removed` leaves no item with the modality.
    """
    check_control(control)
    if control == REMOVED:
        nobody = torch.zeros_like(table.present)
        return replace(table, values=torch.zeros_like(table.values), present=nobody, imputed=None)
    here = torch.nonzero(table.present).flatten()
    generator = np.random.default_rng([seed, zlib.crc32(f"{control} {modality}".encode())])
    values = torch.zeros_like(table.values)
    if len(here):
        values[here] = CONTROLS[control](table.values[here], generator)
    return replace(table, values=values, imputed=None)


def check_control(control: str) -> None:
    """Raises InvalidInput for a name that is no control."""
    known = (*CONTROLS, REMOVED)
    if control not in known:
        raise InvalidInput(f"There is no control '{control}'. Known: {', '.join(known)}.")


def _shuffled(values: Tensor, generator: np.random.Generator) -> Tensor:
    """One cycle through all rows in random order: no row stays where it is unless it is alone."""
    order = torch.from_numpy(generator.permutation(len(values)))
    found = torch.empty_like(values)
    found[order] = values[order.roll(1)]
    return found


def _noise(values: Tensor, generator: np.random.Generator) -> Tensor:
    if not values.is_floating_point():
        who = generator.integers(len(values), size=tuple(values.shape))
        return values.gather(0, torch.from_numpy(who))
    drawn = torch.from_numpy(generator.standard_normal(tuple(values.shape), np.float32))
    return values.mean(0) + drawn * values.std(0, correction=0)


CONTROLS: Final[Mapping[str, Callable[[Tensor, np.random.Generator], Tensor]]] = {
    "shuffled": _shuffled,
    "noise": _noise,
}
