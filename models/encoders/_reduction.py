"""Wide sparse tables to short dense vectors."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds
from torch import Tensor


def directions(table: csr_matrix, dim: int, seed: int) -> Tensor:
    """f32[W, K]: the right singular vectors of N x W with the K <= `dim` largest values, which
    `table @ directions` projects on (latent semantic analysis, Deerwester et al. 1990)."""
    rows, width = table.shape
    kept = min(dim, rows, width)
    if min(rows, width) <= 2 * kept or min(rows, width) < 32:
        right = np.linalg.svd(table.toarray(), full_matrices=False)[2][:kept]
    else:
        start = np.random.default_rng(seed).normal(size=min(rows, width))
        _, values, found = svds(table, k=kept, v0=start)
        right = found[np.argsort(-values)]
    return torch.from_numpy(np.ascontiguousarray(_signed(right).T, dtype=np.float32))


def sparse(rows: list[dict[int, float]], width: int) -> csr_matrix:
    """N x `width` from column -> value of each row."""
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((at for row in rows for at in row), np.int64, starts[-1])
    values = np.fromiter((v for row in rows for v in row.values()), np.float32, starts[-1])
    return csr_matrix((values, columns, starts), shape=(len(rows), width))


def _signed(right: NDArray[np.float32]) -> NDArray[np.float32]:
    """The largest entry of each row positive: a decomposition leaves the sign open."""
    largest = np.abs(right).argmax(axis=1)
    signs = np.sign(right[np.arange(len(right)), largest])
    return right * np.where(signs == 0, 1, signs)[:, None]
