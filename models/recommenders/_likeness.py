"""How alike items are by content: powers of the cosine of centred features."""

from typing import cast

from torch import Tensor, nn

from models.modality import Modality
from models.recommenders._base import FeatureTable, TrainingData
from models.recommenders._content import unit_rows


class Likeness(nn.Module):
    """Per modality cos(i, j)^power of centred features; 0 where an item lacks the modality.

    Encoders share one large common direction, without which every pair looks alike, hence the
    centring. A power above 1 leaves close items and forgets vague resemblance; a whole power of a
    Gram matrix is a Gram matrix again (Schur), so sums stay positive semi-definite. The means are
    part of `state_dict`; the vectors are not and follow from them.
    """

    def __init__(self, data: TrainingData, power: int) -> None:
        super().__init__()
        self.modalities: tuple[Modality, ...] = tuple(data.features)
        self.power = power
        # Plain references: they cost nothing and let the vectors follow a loaded state.
        self._raw = dict(data.features)
        self._rows: dict[Modality, Tensor] = {}
        for modality, table in data.features.items():
            self.register_buffer(f"{modality}_mean", _mean(table))
        self.register_load_state_dict_post_hook(  # type: ignore[no-untyped-call]
            lambda module, keys: module._rows.clear()
        )

    def between(self, modality: Modality, first: Tensor, second: Tensor) -> Tensor:
        """f32[A, B] for items i64[A], i64[B] of the catalogue."""
        rows = self._unit(modality)
        return self._powered(rows[first], rows[second])

    def of_new(self, modality: Modality, table: FeatureTable, items: Tensor) -> Tensor:
        """f32[B, N]: B items that were not there in training against items i64[N] that were."""
        fresh = unit_rows(table, self._mean(modality).to(table.values.device))
        return self._powered(fresh, self._unit(modality)[items].to(fresh.device))

    def _powered(self, first: Tensor, second: Tensor) -> Tensor:
        return (first @ second.T).pow_(self.power)

    def _mean(self, modality: Modality) -> Tensor:
        return cast(Tensor, getattr(self, f"{modality}_mean"))

    def _unit(self, modality: Modality) -> Tensor:
        """f32[I, D], made when first asked for, where the means are."""
        mean = self._mean(modality)
        found = self._rows.get(modality)
        if found is None or found.device != mean.device:
            found = unit_rows(self._raw[modality].to(mean.device), mean)
            self._rows[modality] = found
        return found


def _mean(table: FeatureTable) -> Tensor:
    rows = table.values[table.present].float()
    return rows.mean(0) if len(rows) else rows.new_zeros(table.values.shape[1])
