"""A Transformer over sequences that looks back only."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class CausalEncoder(nn.Module):
    """Pre-norm Transformer, f32[B, L, D] to f32[B, L, D]: place t hears places 0 to t.

    There is no padding to mask: what stands after a place never reaches it. How near two places
    are is a learned bias per head and distance, so that a pattern means the same anywhere in a
    sequence; distances of `reach` and more share one.
    """

    def __init__(self, dim: int, layers: int, heads: int, reach: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            [_Block(dim, heads, reach, dropout) for _ in range(max(layers, 0))]
        )
        self.norm = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        length = x.shape[1]
        place = torch.arange(length, device=x.device)
        back = place.unsqueeze(1) - place.unsqueeze(0)
        for block in self.blocks:
            x = block(x, back)
        return cast(Tensor, self.norm(x))


class _Block(nn.Module):
    def __init__(self, dim: int, heads: int, reach: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.before_attention, self.before_hidden = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.read, self.write = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.hidden, self.out = nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
        self.nearness = nn.Parameter(torch.zeros(heads, reach + 1))

    def forward(self, x: Tensor, back: Tensor) -> Tensor:
        x = x + self._drop(self._heard(self.before_attention(x), back))
        hidden = self._drop(F.gelu(self.hidden(self.before_hidden(x))))
        return x + self._drop(cast(Tensor, self.out(hidden)))

    def _heard(self, x: Tensor, back: Tensor) -> Tensor:
        count, length, dim = x.shape
        parts = self.read(x).view(count, length, 3, self.heads, dim // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        near = self.nearness[:, back.clamp(0, self.nearness.shape[1] - 1)]
        bias = near.masked_fill(back < 0, -torch.inf).to(query.dtype)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias.unsqueeze(0))
        return cast(Tensor, self.write(mixed.transpose(1, 2).reshape(count, length, dim)))

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)
