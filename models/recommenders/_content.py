"""Encoded content as models read it: centred, of equal length, reduced, on one scale."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from models.modality import Modality
from models.recommenders._base import FeatureTable, TrainingData

_FIT_ROWS = 20_000


class ItemContent(nn.Module, ABC):
    """Vectors of everything that the catalogue shows and says, one table per modality."""

    modalities: tuple[Modality, ...]
    present: Tensor
    """bool[I, M] in the order of `modalities`."""

    @property
    @abstractmethod
    def tables(self) -> dict[Modality, Tensor]:
        """f32[I, D] per modality: every item of the catalogue."""

    @abstractmethod
    def table(self, modality: Modality) -> Tensor:
        """f32[I, D]: every item of the catalogue, zero where absent."""

    @abstractmethod
    def project(self, modality: Modality, table: FeatureTable) -> Tensor:
        """f32[B, D] for items that were not there in training, by the same map."""

    def projected(
        self, features: Mapping[Modality, FeatureTable]
    ) -> tuple[dict[Modality, Tensor], Tensor]:
        """(f32[B, D] per modality, present bool[B, M]) of new items; a missing table is absent."""
        some = next(iter(features.values()))
        count, device = len(some.present), some.present.device
        tables, present = {}, torch.zeros(count, len(self.modalities), dtype=torch.bool)
        present = present.to(device)
        for slot, modality in enumerate(self.modalities):
            if modality in features:
                tables[modality] = self.project(modality, features[modality])
                present[:, slot] = features[modality].present
            else:
                width = self.table(modality).shape[1]
                tables[modality] = torch.zeros(count, width, device=device)
        return tables, present

    def select(self, coalition: frozenset[str] | None) -> Tensor:
        """bool[I, M]: presence with the modalities outside the coalition masked."""
        if coalition is None:
            return self.present
        kept = torch.tensor([m in coalition for m in self.modalities], device=self.present.device)
        return self.present & kept


class ContentInput(ItemContent):
    """Feature tables, normalised once when built, so that no training step repeats it.

    Per modality: subtract the mean of the present items, scale rows to length 1, keep the
    `dim` leading principal directions (0: all dimensions), and scale to mean square 1 per
    dimension. Encoders differ in scale by orders of magnitude and all share one large common
    direction; without this a joint network hears only the loudest. Constant features become
    zeros. The map is part of `state_dict`; the tables are not and follow from it.
    """

    def __init__(self, data: TrainingData, dim: int) -> None:
        super().__init__()
        self.modalities = tuple(data.features)
        self.n_items = data.n_items
        # Plain references: they cost nothing and let the tables follow a loaded state.
        self._raw = dict(data.features)
        for modality, table in data.features.items():
            mean, basis = _fit(table, dim)
            self.register_buffer(f"{modality}_mean", mean)
            self.register_buffer(f"{modality}_basis", basis)
            self.register_buffer(f"{modality}_table", None, persistent=False)
        present = torch.stack([data.features[m].present for m in self.modalities], dim=1)
        self.register_buffer("present", present, persistent=False)
        self._refresh()
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            lambda module, keys: module._refresh()
        )

    @staticmethod
    def dims(data: TrainingData, dim: int) -> dict[Modality, int]:
        """Length of each modality's vectors after the reduction."""
        return {m: _kept(table, dim) for m, table in data.features.items()}

    def table(self, modality: Modality) -> Tensor:
        return cast(Tensor, getattr(self, f"{modality}_table"))

    @property
    def tables(self) -> dict[Modality, Tensor]:
        return {m: self.table(m) for m in self.modalities}

    def project(self, modality: Modality, table: FeatureTable) -> Tensor:
        mean = cast(Tensor, getattr(self, f"{modality}_mean"))
        basis = cast(Tensor, getattr(self, f"{modality}_basis"))
        return unit_rows(table, mean.to(table.values.device)) @ basis.to(table.values.device)

    def _refresh(self) -> None:
        for modality, raw in self._raw.items():
            setattr(self, f"{modality}_table", self.project(modality, raw.to(self.present.device)))


def unit_rows(table: FeatureTable, mean: Tensor) -> Tensor:
    """f32[B, D] of length 1 after subtracting `mean` f32[D]; zero where absent or on the mean."""
    centred = torch.where(table.present.unsqueeze(1), table.values.float() - mean, 0.0)
    length = centred.norm(dim=1, keepdim=True)
    # An item on the mean has rounding noise for a direction; it is left at zero.
    floor = 1e-5 * mean.norm() + 1e-12
    return torch.where(length > floor, centred / length.clamp_min(1e-12), 0.0)


def _kept(table: FeatureTable, dim: int) -> int:
    width = table.values.shape[1]
    return min(dim, width) if dim else width


def _fit(table: FeatureTable, dim: int) -> tuple[Tensor, Tensor]:
    """(mean f32[D], basis f32[D, kept])."""
    rows = table.values[table.present].float()[:_FIT_ROWS]
    width, kept = table.values.shape[1], _kept(table, dim)
    if not len(rows):
        return rows.new_zeros(width), torch.eye(width, kept, device=rows.device)
    mean = rows.mean(0)
    everywhere = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
    unit = unit_rows(FeatureTable(rows, everywhere), mean)
    basis = torch.eye(width, device=rows.device)
    if kept < width:
        directions = _leading(unit, kept)
        # eigh leaves the sign open; fixing it keeps runs on different machines alike.
        largest = directions.abs().argmax(0, keepdim=True)
        basis = directions * directions.gather(0, largest).sign()
    power = (unit @ basis).pow(2).mean()
    return mean, basis / power.sqrt().clamp_min(1e-6)


def _leading(rows: Tensor, kept: int) -> Tensor:
    """f32[D, kept]: principal directions of f32[N, D], strongest first, zero past the rank.

    Found on the smaller side: the cost grows with its cube.
    """
    count, width = rows.shape
    if count >= width:
        directions: Tensor = torch.linalg.eigh((rows.T @ rows).double())[1].flip(1)
        return directions[:, :kept].float()
    strength, vectors = torch.linalg.eigh((rows @ rows.T).double())
    strength, vectors = strength.flip(0)[:kept], vectors.flip(1)[:, :kept]
    real = strength > 1e-9 * strength[0].clamp_min(1e-30)
    found = rows.T.double() @ (vectors[:, real] / strength[real].sqrt())
    padded: Tensor = nn.functional.pad(found, (0, kept - found.shape[1]))
    return padded.float()
