"""Which form of likeness a catalogue's own clicks ask for, and how much each counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from models.recommenders._held_out import HeldOut, best_weights, gains, hold_out
from models.recommenders._likeness import Facet, Likeness

CLOSE = 2
"""The usual power: only close items count, as in catalogues of real things."""
_SAMPLES, _SAMPLED_ITEMS, _HELD_OUT = 2, 800, 2000
"""What is looked at: enough that the result hardly depends on the draw."""
_CLEARLY = 3.0
"""Standard errors by which another form has to predict better; the draw alone gives one or two."""
_EQUAL = 8.0
"""Weight of every facet before anything is searched, and of every modality where nobody took two
items, so that nothing can be held out."""


@dataclass(frozen=True)
class Form:
    """The power of the cosines, and f32[F], the weight of each facet; 0 for those not used."""

    power: int
    strengths: Tensor


class FormSearch:
    """Held-out training clicks, on which forms are compared."""

    def __init__(
        self, likeness: Likeness, keys: Tensor, n_items: int, warm: Tensor, seed: int
    ) -> None:
        """`keys` i64[N] = user * I + item, distinct and sorted; `warm`: items with clicks."""
        self._likeness = likeness
        self._parts: list[tuple[Tensor, HeldOut]] = []
        chance = torch.Generator().manual_seed(seed)
        order = warm[torch.randperm(len(warm), generator=chance).to(warm.device)]
        for part in torch.split(order, _SAMPLED_ITEMS)[:_SAMPLES]:
            items = part.sort().values
            nothing = torch.zeros(0, len(items), len(items), device=warm.device)
            found = hold_out(keys // n_items, keys % n_items, items, nothing, _HELD_OUT, chance)
            self._parts += [(items, found)] if found else []

    def best(self, regularisation: float, power: int | None) -> Form:
        """Of the given power; where none is, the usual form, or the linear one where that predicts
        clearly better: cosines as they are, of single modalities and of pairs.

        In the linear form a taste for a property counts as much far away from what was taken as
        near it, and a taste for how two modalities go together can be learned.
        """
        facets = self._likeness.facets
        singles = facets[: len(self._likeness.modalities)]
        if not self._parts:
            return self._form(power or CLOSE, torch.full((len(singles),), _EQUAL))
        usual = self._samples(power or CLOSE, singles)
        weights = best_weights(usual, len(singles), regularisation)
        first = self._form(power or CLOSE, weights)
        if power is not None:
            return first
        gained = gains(usual, weights, regularisation)
        linear = self._samples(1, facets)
        equal = torch.full((len(facets),), _EQUAL, device=weights.device)
        # A search takes a second, so it is made only where it promises something.
        if gains(linear, equal, regularisation).mean() < gained.mean():
            return first
        weights = best_weights(linear, len(facets), regularisation)
        better = gains(linear, weights, regularisation) - gained
        error = better.std() / len(better) ** 0.5
        return self._form(1, weights) if better.mean() > _CLEARLY * error else first

    def _form(self, power: int, weights: Tensor) -> Form:
        """With 0 for the facets after the last weight."""
        unused = len(self._likeness.facets) - len(weights)
        return Form(power, torch.nn.functional.pad(weights, (0, unused)))

    def _samples(self, power: int, facets: Sequence[Facet]) -> list[HeldOut]:
        self._likeness.power.fill_(power)
        return [
            replace(
                held_out,
                likeness=torch.stack([self._likeness.between(f, items, items) for f in facets]),
            )
            for items, held_out in self._parts
        ]
