"""Everybody's ratings as draws of one Gaussian process over items: what they say, in closed form.

`a_u = G_u^-1 (r_u - m)` where `G_u` is the covariance of u's ratings, noise included, and m the
items' means. A pass over the people costs the cube of their numbers of ratings, and the memory of
two square matrices.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from models.recommenders._dense import lower


@dataclass(frozen=True)
class Evidence:
    """What one pass over the people found.

    `precision` f32[I, I]: the sum of G_u^-1; `said` f32[I]: of G_u^-1 r_u; `surprise` f32[I, I]: of
    a_u a_u' - G_u^-1, by which the covariance differs from what the ratings ask for.
    """

    precision: Tensor
    said: Tensor
    surprise: Tensor


@dataclass(frozen=True)
class RatedItems:
    """`items` i64[N], `values` f32[N], in order of user; `counts` of every user who rated."""

    items: Tensor
    values: Tensor
    counts: list[int]

    @property
    def people(self) -> int:
        return len(self.counts)

    def evidence(self, covariance: Tensor, noise: float, means: Tensor) -> Evidence:
        """Given f32[I, I] and f32[I]."""
        precision, surprise = torch.zeros_like(covariance), torch.zeros_like(covariance)
        said = torch.zeros_like(means)
        for items, values, inverse in self._inverses(covariance, noise):
            dual = inverse @ (values - means[items])
            pairs = (items.unsqueeze(1), items)
            precision[pairs] += inverse
            surprise[pairs] += torch.outer(dual, dual) - inverse
            said[items] += inverse @ values
        return Evidence(precision, said, surprise)

    def duals(self, covariance: Tensor, noise: float, means: Tensor) -> Tensor:
        """f32[N]: a_u, side by side."""
        found = [
            inverse @ (values - means[items])
            for items, values, inverse in self._inverses(covariance, noise)
        ]
        return torch.cat(found) if found else torch.zeros_like(self.values)

    def _inverses(
        self, covariance: Tensor, noise: float
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        parts = zip(*(torch.split(t, self.counts) for t in (self.items, self.values)), strict=True)
        for items, values in parts:
            of_ratings = covariance[items.unsqueeze(1), items]
            of_ratings.diagonal().add_(noise)
            yield items, values, torch.cholesky_inverse(lower(of_ratings))


def best_means(evidence: Evidence, covariance: Tensor) -> Tensor:
    """f32[I]: q with which `covariance @ q` is the best linear prediction of the items' means,
    themselves a draw with that covariance f32[I, I]."""
    system = evidence.precision @ covariance
    system.diagonal().add_(1.0)
    found: Tensor = torch.linalg.solve(system, evidence.said)
    return found


def learn(
    rated: RatedItems, prior: Tensor, of_means: Tensor, noise: float, trust: float, steps: int
) -> tuple[Tensor, Tensor, Tensor]:
    """(W f32[I, I], q f32[I], a f32[N]): the covariance `K = prior @ W` after these steps of
    expectation maximisation, what gives the means, and every person's part.

    K has an inverse Wishart prior around `prior` that weighs as much as `trust` people; the means
    have the covariance `of_means`.
    """
    covariance, warp = prior, torch.eye(len(prior), device=prior.device)
    nothing = torch.zeros_like(prior[0])
    means = best_means(rated.evidence(covariance, noise, nothing), of_means)
    for _ in range(steps):
        found = rated.evidence(covariance, noise, of_means @ means)
        means = best_means(found, of_means)
        # K <- (trust K_0 + U K + K B K) / (trust + U), all of it with K_0 in front.
        warp = (rated.people * warp + warp @ found.surprise @ covariance) / (trust + rated.people)
        warp.diagonal().add_(trust / (trust + rated.people))
        covariance = prior @ warp
        covariance = (covariance + covariance.T) / 2
    return warp, means, rated.duals(covariance, noise, of_means @ means)
