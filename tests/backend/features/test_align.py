from itertools import combinations

import numpy as np
import pytest
import torch

from backend.errors import InvalidInput
from backend.features.align import (
    FEWEST,
    Pairs,
    duplicates,
    find_pairs,
    one_per_group,
    retrieval,
    split_pairs,
)

N = FEWEST


def _pairs(images: list[int], texts: list[int]) -> Pairs:
    """Pairs with these contents, and no item without one of them."""
    whole = np.array(images), np.array(texts)
    return Pairs(np.arange(len(images)), *whole, np.arange(len(images)), "")


def _many(count: int, copies: int) -> Pairs:
    """Every text on `copies` items, every picture on one."""
    return find_pairs(
        [f"image {n}" for n in range(count)], [f"text {n // copies}" for n in range(count)]
    )


def test_only_items_with_both_are_pairs_and_equal_content_hangs_together() -> None:
    images = ["a", "", "b", "c", "c", *(f"i{n}" for n in range(N))]
    texts = ["t", "t", "t", "u", "", *(f"t{n}" for n in range(N))]
    pairs = find_pairs(images, texts)
    assert pairs.items[:3].tolist() == [0, 2, 3]
    assert len(pairs) == 3 + N
    assert pairs.groups[0] == pairs.groups[1] != pairs.groups[2]
    # 0 and 3 share nothing, but a chain of equal pictures and texts leads from one to the other
    chained = find_pairs(["a", "a", "b", "b", *images[5:]], ["t", "u", "u", "v", *texts[5:]])
    assert len(set(chained.groups[:4].tolist())) == 1


def test_other_contents_or_another_order_give_another_fingerprint() -> None:
    images = [f"i{n}" for n in range(N)]
    texts = [f"t{n}" for n in range(N)]
    prints = {
        find_pairs(images, texts).fingerprint,
        find_pairs(images, ["other", *texts[1:]]).fingerprint,
        find_pairs(images[::-1], texts[::-1]).fingerprint,
    }
    assert len(prints) == 3
    assert find_pairs(list(images), list(texts)).fingerprint in prints


def test_too_few_pairs_are_refused_with_their_number() -> None:
    with pytest.raises(InvalidInput, match=f"Only 2 different items .* at least {N}"):
        find_pairs(["a", "b", "c", ""], ["t", "t", "u", "v"])
    with pytest.raises(InvalidInput, match="Only 0"):
        find_pairs(["a"], [""])


def test_a_split_holds_out_a_fifth_and_cuts_no_group() -> None:
    pairs = _many(900, 3)
    split = split_pairs(pairs, 5)
    parts = [split.train, split.validation, split.held_out]
    assert sorted(np.concatenate(parts).tolist()) == list(range(900))
    assert len(split.held_out) == 180
    assert len(split.validation) == 72
    groups = [set(pairs.groups[part].tolist()) for part in parts]
    assert not any(a & b for a, b in combinations(groups, 2))
    again, other = split_pairs(pairs, 5), split_pairs(pairs, 6)
    assert np.array_equal(split.held_out, again.held_out)
    assert not np.array_equal(split.held_out, other.held_out)


def test_every_part_of_the_smallest_split_has_something() -> None:
    split = split_pairs(_many(FEWEST, 1), 0)
    assert len(split.train) > len(split.held_out) > len(split.validation) > 0


def test_recall_counts_the_best_place_of_any_right_item() -> None:
    pairs = _pairs([0, 1, 2, 2], [0, 1, 2, 3])
    texts = torch.eye(4)
    # rows are pictures, columns the cosines with the four texts
    images = torch.tensor(
        [
            [0.9, 0.8, 0.1, 0.0],
            [0.5, 0.7, 0.2, 0.9],
            [0.1, 0.6, 0.3, 0.0],
            [0.2, 0.1, 0.4, 0.5],
        ]
    )
    found = retrieval(pairs, np.arange(4), images, texts)
    # text 0: picture 0 first. text 1: picture 0 before picture 1, rank 2. text 2 is also said of
    # picture 3 (the same picture as 2), which comes first. text 3: picture 1 before 3, rank 2
    assert found.text_to_image == {"recall@1": 2 / 4, "recall@5": 1.0, "recall@10": 1.0}
    # picture 0: rank 1. 1: text 3 before text 1, rank 2. 2: text 1 before 2, rank 2. 3: rank 1
    assert found.image_to_text["recall@1"] == 2 / 4
    assert found.reciprocal_rank == pytest.approx((1 + 1 / 2 + 1 + 1 / 2) / 4)
    assert duplicates(pairs, np.arange(4)) == 2
    assert duplicates(pairs, np.arange(3)) == 0


def test_vectors_that_are_all_alike_find_nothing() -> None:
    pairs = _many(40, 1)
    same = torch.ones(40, 3) / 3**0.5
    found = retrieval(pairs, np.arange(40), same, same)
    assert found.text_to_image["recall@10"] == 0.0
    assert found.chance == pytest.approx(10 / 40)


def test_chance_counts_duplicates_as_hits_do() -> None:
    pairs = _pairs(list(range(30)), [n // 3 for n in range(30)])
    found = retrieval(pairs, np.arange(30), torch.eye(30), torch.eye(30))
    # of 30 candidates 3 are right: none of them is among ten with 27/30 * 26/29 * ... * 18/21
    missed = np.prod([(27 - n) / (30 - n) for n in range(10)])
    assert found.chance == pytest.approx(1 - missed)
    few = retrieval(_pairs([0, 1, 2], [0, 0, 0]), np.arange(3), torch.eye(3), torch.eye(3))
    assert few.chance == 1.0


def test_many_queries_are_ranked_as_few_are() -> None:
    pairs = _many(2500, 1)
    generator = torch.Generator().manual_seed(0)
    texts = torch.nn.functional.normalize(torch.randn(2500, 16, generator=generator), dim=1)
    found = retrieval(pairs, np.arange(2500), texts, texts)
    assert found.text_to_image["recall@1"] == found.image_to_text["recall@1"] == 1.0
    turned = retrieval(pairs, np.arange(2500), texts, texts.roll(1, 0))
    assert turned.text_to_image["recall@10"] < 0.02


def test_a_pass_takes_one_random_item_of_each_group() -> None:
    pairs = _many(60, 3)
    rows = np.arange(30, 60)
    passes = [one_per_group(pairs, rows, torch.Generator().manual_seed(n)) for n in range(20)]
    for order in passes:
        assert sorted(pairs.groups[order].tolist()) == sorted(set(pairs.groups[rows].tolist()))
    assert set(np.concatenate(passes).tolist()) == set(rows.tolist())
    assert len({tuple(order.tolist()) for order in passes}) == 20
