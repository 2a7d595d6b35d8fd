import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.training.negatives import NegativeSampler


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 4), st.integers(0, 7)), max_size=30), st.integers(0, 1000))
def test_never_a_positive(pairs: set[tuple[int, int]], seed: int):
    users = torch.tensor([u for u, _ in pairs], dtype=torch.int64)
    items = torch.tensor([i for _, i in pairs], dtype=torch.int64)
    # a sixth user took everything, so that every item is known
    everything = torch.arange(8)
    sampler = NegativeSampler(
        torch.cat([users, torch.full_like(everything, 5)]), torch.cat([items, everything]), 6
    )
    drawn = sampler.draw(torch.arange(5), 20, generator(seed))
    assert drawn.shape == (5, 20)
    assert (drawn >= 0).all()
    assert (drawn < 8).all()
    for user in range(5):
        taken = {i for u, i in pairs if u == user}
        if len(taken) < 8:
            assert not taken & set(drawn[user].tolist())


def test_uniform_over_what_is_left():
    sampler = NegativeSampler(
        torch.tensor([0, 0, 0, *[1] * 7]), torch.tensor([0, 3, 4, *range(7)]), 2
    )
    drawn = sampler.draw(torch.tensor([0]), 40_000, generator())
    counts = torch.bincount(drawn[0], minlength=7)
    assert counts[[0, 3, 4]].tolist() == [0, 0, 0]
    # 10,000 expected in each of four cells; five standard deviations are 433.
    assert (counts[[1, 2, 5, 6]] - 10_000).abs().max() < 433


def test_a_repeated_pair_counts_once():
    sampler = NegativeSampler(torch.tensor([0, 0, 1, 1]), torch.tensor([1, 1, 0, 2]), 2)
    assert set(sampler.draw(torch.tensor([0]), 200, generator())[0].tolist()) == {0, 2}


def test_shared_candidates_are_distinct_or_everything():
    sampler = NegativeSampler(torch.ones(50, dtype=torch.int64), torch.arange(50), 2)
    some = sampler.shared(20, generator())
    assert len(set(some.tolist())) == 20
    assert some.max() < 50
    assert sampler.shared(50, generator()).tolist() == list(range(50))


def test_the_seed_decides():
    sampler = NegativeSampler(torch.full((1000,), 2), torch.arange(1000), 3)
    one, two, other = (sampler.draw(torch.arange(2), 50, generator(s)) for s in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_a_cold_item_is_never_a_negative():
    sampler = NegativeSampler(torch.tensor([0, 0, 1]), torch.tensor([1, 5, 3]), 2)
    assert set(sampler.draw(torch.tensor([0]), 100, generator())[0].tolist()) == {3}
    assert set(sampler.draw(torch.tensor([1]), 100, generator())[0].tolist()) == {1, 5}
    assert sampler.shared(10, generator()).tolist() == [1, 3, 5]
