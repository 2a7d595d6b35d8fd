"""What two modalities say only together: products of their units."""

from collections.abc import Sequence

import torch
from torch import Tensor


def pair_products(units: Sequence[Tensor]) -> Tensor:
    """f32[B, W]: unit by unit, the sum of the products of every two of M tensors f32[B, W].

    The bilinear form of MLB (Kim et al. 2017, https://arxiv.org/abs/1610.04325), summed over pairs
    in linear time as in factorisation machines (Rendle 2010,
    https://doi.org/10.1109/ICDM.2010.127). Zero rows stand for absent modalities: where fewer than
    two are present the result is exactly zero, so that it holds nothing of any modality alone.
    """
    first, *others = units
    total, result = first, torch.zeros_like(first)
    for unit in others:
        result = result + total * unit
        total = total + unit
    return result
