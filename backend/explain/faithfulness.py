"""Whether an attribution may be shown as an explanation: checked on the model, not assumed."""

from typing import NamedTuple

import torch

from backend.explain.modality_shapley import Attribution, CoalitionTables
from models.modality import COLLABORATIVE

SUM_TOLERANCE = 1e-4
"""How far baseline + attributions may be from the score, relative to the larger of 1 and it."""
_SILENT = 1e-6


class Verdict(NamedTuple):
    """`faithful`, and one sentence that says why or why not."""

    faithful: bool
    reason: str


def verdict(tables: CoalitionTables, user: int, item: int) -> Verdict:
    """Check the attribution of one pair.

    It must add up to the score that the model gives, and deleting the player with the largest
    contribution must lower the score by more than deleting the one with the smallest (deletion
    test, as in Samek et al. 2017). Abstains where no player changes the score, and where two
    players matter only together or against each other, so that deletion contradicts the shares.
    """
    users, items = torch.tensor([user]), torch.tensor([item])
    attribution = tables.attribute(users, items)
    shown = float(tables.embeddings().score_pairs(users, items)[0])
    if not _adds_up(attribution, shown):
        return Verdict(False, "The parts do not add up to the score, so they are not shown as one.")
    phi = attribution.values[0]
    scale = max(1.0, abs(shown), abs(float(attribution.baseline[0])))
    if float(phi.abs().max()) <= _SILENT * scale:
        return Verdict(
            False, "Nothing that the model knows of this item changes the score of this pair."
        )
    if len(phi) == 1:
        return Verdict(True, f"The score rests on one thing alone: {called(tables.players[0])}.")
    drops = _deletion_drops(tables, users, items)
    top, least = int(phi.argmax()), int(phi.argmin())
    if float(phi[top] - phi[least]) <= _SILENT * scale:
        return Verdict(True, "All parts contribute equally, and they add up to the score.")
    if drops[top] < drops[least] - _SILENT * scale:
        return Verdict(
            False,
            f"Without {called(tables.players[top])} the score falls less than without "
            f"{called(tables.players[least])}: the parts work only together, so single shares "
            "mislead.",
        )
    return Verdict(
        True,
        f"The parts add up to the score, and leaving out {called(tables.players[top])} "
        f"changes it by {-drops[top]:+.3g}, leaving out {called(tables.players[least])} "
        f"by {-drops[least]:+.3g}.",
    )


def called(player: str) -> str:
    """A player as the charts call it."""
    return "clicks" if player == COLLABORATIVE else player


def _adds_up(attribution: Attribution, shown: float) -> bool:
    total = float(attribution.baseline[0] + attribution.values[0].sum())
    return abs(total - shown) <= SUM_TOLERANCE * max(1.0, abs(shown))


def _deletion_drops(
    tables: CoalitionTables, users: torch.Tensor, items: torch.Tensor
) -> list[float]:
    values = tables.values(users, items)[:, 0]
    full = len(values) - 1
    return [float(values[full] - values[full ^ (1 << p)]) for p in range(len(tables.players))]
