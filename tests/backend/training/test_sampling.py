"""What a click competes with, in a world where item 0 is taken most."""

import pytest
import torch

from backend.training.sampling import SAMPLINGS, CandidateSampler
from models.losses import candidate_softmax_loss, places_in
from models.recommenders import Batch, Embeddings, TrainingData

TIMES = (16, 4, 1, 1, 0)
"""How often items 0 to 4 are taken, each time by another person."""


def world() -> TrainingData:
    items = torch.repeat_interleave(torch.arange(5), torch.tensor(TIMES))
    users = torch.cat([torch.arange(times) for times in TIMES])
    return TrainingData(16, 5, users, items, torch.ones(len(users)), {})


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scores() -> Embeddings:
    """Everybody likes an item the more the higher its number."""
    nothing = torch.zeros(16)
    return Embeddings(torch.ones(16, 1), torch.arange(5.0)[:, None], nothing, torch.zeros(5), 0.0)


@pytest.mark.parametrize("kind", SAMPLINGS)
def test_nobody_competes_with_what_was_taken_and_nothing_new_is_drawn(kind: str):
    data = world()
    sampler = CandidateSampler(data, kind)
    sampler.begin_epoch(scores())
    drawn = sampler.own(data.users, data.items, 20, chance())
    assert drawn.shape == (len(data.users), 20)
    for user, row in zip(data.users.tolist(), drawn, strict=True):
        taken = set(data.items[data.users == user].tolist())
        if len(taken) < 4:
            assert not taken & set(row.tolist())
    free = [row for user, row in zip(data.users, drawn, strict=True) if user >= 1]
    assert 4 not in torch.stack(free)


def test_popular_items_come_as_three_quarters_of_their_logarithm_say():
    data = world()
    # Somebody who took nothing: an item comes as often as it would of all.
    alone = TrainingData(17, 5, data.users, data.items, data.ratings, {})
    sampler = CandidateSampler(alone, "popularity")
    drawn = sampler.own(torch.tensor([16]), torch.tensor([0]), 60_000, chance())
    found = torch.bincount(drawn[0], minlength=5) / 60_000
    weights = torch.tensor(TIMES).double().pow(0.75)
    torch.testing.assert_close(found.double(), weights / weights.sum(), atol=0.01, rtol=0)


def test_a_near_miss_is_the_best_of_what_was_drawn():
    data = world()
    sampler = CandidateSampler(data, "hard")
    sampler.begin_epoch(scores())
    drawn = sampler.own(torch.full((200,), 10), torch.zeros(200, dtype=torch.long), 1, chance())
    # Person 10 took item 0 alone; of 1, 2, 3 the last is liked best and hardly ever not drawn.
    assert (drawn == 3).float().mean() > 0.9


def test_candidates_of_a_batch_are_what_it_took():
    found, log_q = CandidateSampler(world(), "in_batch").shared(
        torch.tensor([2, 0, 0]), 1024, chance()
    )
    assert found.tolist() == [0, 2]
    assert log_q is not None
    share = torch.tensor(TIMES) / sum(TIMES)
    torch.testing.assert_close(log_q[:4].exp(), 1 - (-3 * share[:4]).exp())


@pytest.mark.parametrize("kind", ["uniform", "hard"])
def test_where_all_come_alike_nothing_is_corrected(kind: str):
    found, log_q = CandidateSampler(world(), kind).shared(torch.tensor([0]), 3, chance())
    assert len(found) == 3
    assert log_q is None


def test_the_correction_makes_up_for_who_is_seldom_drawn():
    """The softmax's denominator: its mean over many draws is that over the whole catalogue."""
    torch.manual_seed(0)
    times = (400 / torch.arange(1, 61)).long()
    items = torch.repeat_interleave(torch.arange(60), times)
    data = TrainingData(len(items), 60, torch.arange(len(items)), items, torch.ones(len(items)), {})
    sampler = CandidateSampler(data, "popularity")
    user, table, own = torch.randn(1, 4), torch.randn(60, 4), torch.tensor([30])
    whole = float((user @ table.T).exp().sum())

    def estimate(corrected: bool) -> float:
        total, generator = 0.0, chance(1)
        for _ in range(1000):
            drawn, log_q = sampler.shared(own, 25, generator)
            batch = Batch(own, own, drawn, torch.ones(1), log_q=log_q if corrected else None)
            places = places_in(drawn, own)
            loss = candidate_softmax_loss(user, table[own], table[drawn], places, batch.rarity)
            total += float((loss + user @ table[30]).exp())
        return total / 1000

    assert estimate(True) == pytest.approx(whole, rel=0.03)
    assert estimate(False) < 0.8 * whole
