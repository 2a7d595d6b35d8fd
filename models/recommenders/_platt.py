"""Platt scaling: two numbers that make log-odds true."""

import torch
from torch import Tensor

_STEPS = 50
_CLOSE = 1e-9


def platt(scores: Tensor, clicks: Tensor) -> tuple[float, float]:
    """(stretch, shift) of f32[N] log-odds that fit f32[N] clicks, 0 or 1, with the least log loss.

    Platt 1999: targets are (n + 1) / (n + 2) and 1 / (n + 2), so that separable scores stay finite;
    found by Newton's method as in Lin, Lin & Weng 2007
    (https://doi.org/10.1007/s10994-007-5018-6). (1, 0) where there is nothing to fit on, or where
    an order that fits best would be the reverse.
    """
    positives = float(clicks.sum())
    negatives = len(clicks) - positives
    if not positives or not negatives:
        return 1.0, 0.0
    high, low = (positives + 1) / (positives + 2), 1 / (negatives + 2)
    wanted = torch.where(clicks > 0, high, low).double()
    x = torch.stack([scores.double(), torch.ones_like(wanted)], dim=1)
    found = x.new_tensor([1.0, 0.0])
    lost = _loss(x @ found, wanted)
    for _ in range(_STEPS):
        chance = torch.sigmoid(x @ found)
        gradient = x.T @ (chance - wanted)
        curvature = (x * (chance * (1 - chance)).unsqueeze(1)).T @ x
        curvature.diagonal().add_(1e-10)
        step = torch.linalg.solve(curvature, gradient)
        size = 1.0
        while size > _CLOSE and _loss(x @ (found - size * step), wanted) > lost:
            size /= 2
        found = found - size * step
        before, lost = lost, _loss(x @ found, wanted)
        if before - lost < _CLOSE * (1 + lost):
            break
    stretch, shift = found.tolist()
    return (stretch, shift) if stretch > 0 else (1.0, 0.0)


def _loss(scores: Tensor, wanted: Tensor) -> float:
    return float((torch.nn.functional.softplus(scores) - wanted * scores).sum())
