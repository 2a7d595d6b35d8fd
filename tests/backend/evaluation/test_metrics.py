"""Expected numbers are written as the arithmetic."""

from dataclasses import replace
from math import log, log2

import pytest
import torch

from backend.evaluation.metrics import METRICS, Catalogue, Lists


def lists(hits: list[list[int]], positives: list[int]) -> Lists:
    flags = torch.tensor(hits, dtype=torch.bool)
    items = torch.arange(flags.shape[1]).expand(flags.shape)
    return Lists(
        items, flags, torch.tensor(positives), Catalogue(torch.ones(flags.shape[1]).long())
    )


def shown(items: list[list[int]], counts: list[int], features: torch.Tensor | None = None) -> Lists:
    rows = torch.tensor(items)
    return Lists(
        rows,
        torch.zeros_like(rows, dtype=torch.bool),
        torch.ones(len(rows)).long(),
        Catalogue(torch.tensor(counts), features),
    )


def value(name: str, given: Lists, k: int) -> list[float]:
    function = METRICS[name].rank
    assert function is not None
    return function(given, k).reshape(-1).tolist()


# hits at ranks 1, 3, 4; five wanted items
USER = lists([[1, 0, 1, 1, 0]], [5])


@pytest.mark.parametrize(
    ("name", "k", "expected"),
    [
        ("recall", 3, 2 / 5),
        ("recall", 5, 3 / 5),
        ("precision", 2, 1 / 2),
        ("precision", 10, 3 / 10),
        ("hit", 1, 1.0),
        ("mrr", 5, 1.0),
        ("map", 4, (1 / 1 + 2 / 3 + 3 / 4) / min(5, 4)),
        ("map", 2, (1 / 1) / min(5, 2)),
        ("ndcg", 3, (1 / log2(2) + 1 / log2(4)) / (1 / log2(2) + 1 / log2(3) + 1 / log2(4))),
        (
            "ndcg",
            10,
            (1 / log2(2) + 1 / log2(4) + 1 / log2(5))
            / (1 / log2(2) + 1 / log2(3) + 1 / log2(4) + 1 / log2(5) + 1 / log2(6)),
        ),
    ],
)
def test_known_answer(name: str, k: int, expected: float) -> None:
    assert value(name, USER, k) == pytest.approx([expected])


def test_ideal_list_is_capped_by_the_positives() -> None:
    assert value("ndcg", lists([[1, 1, 0, 0]], [2]), 4) == pytest.approx([1.0])
    assert value("map", lists([[1, 1, 0, 0]], [2]), 4) == pytest.approx([1.0])


def test_first_hit_decides_mrr() -> None:
    assert value("mrr", lists([[0, 0, 1, 1], [0, 0, 0, 0]], [2, 1]), 4) == pytest.approx([1 / 3, 0])
    assert value("mrr", lists([[0, 0, 1, 1]], [2]), 2) == [0.0]


def test_a_user_without_positives_is_zero() -> None:
    for name in ("ndcg", "recall", "map"):
        assert value(name, lists([[0, 0]], [0]), 2) == [0.0]


def test_coverage_counts_items_over_all_lists() -> None:
    given = shown([[0, 1, 2], [1, 0, 3]], [1, 1, 1, 1, 1, 1, 1, 1])
    assert value("coverage", given, 2) == pytest.approx([2 / 8])
    assert value("coverage", given, 3) == pytest.approx([4 / 8])


def test_gini_is_zero_when_all_are_shown_equally_and_high_when_one_is() -> None:
    assert value("gini", shown([[0, 1], [2, 3]], [1] * 4), 2) == pytest.approx([0.0])
    # one of four items gets everything: 1 - 1/4
    assert value("gini", shown([[0], [0]], [1] * 4), 1) == pytest.approx([1 - 1 / 4])


def test_novelty_is_bits_of_the_share() -> None:
    # shares 4/8 and 1/8; the unseen item counts as seen once
    given = shown([[0, 1], [2, -1]], [4, 1, 0, 3])
    assert value("novelty", given, 2) == pytest.approx([(1 + 3) / 2, 3.0])


def test_popularity_bias_is_relative_to_the_mean_item() -> None:
    given = shown([[0, 1], [2, -1]], [4, 1, 0, 3])
    assert value("popularity_bias", given, 2) == pytest.approx([(4 / 2 + 1 / 2) / 2, 0.0])


def test_diversity_is_mean_pairwise_distance() -> None:
    east, north = [1.0, 0.0], [0.0, 1.0]
    features = torch.tensor([east, east, north, [0.0, 0.0], [-1.0, 0.0]])
    given = shown([[0, 1, 2], [0, 3, 2], [0, 3, -1], [0, 4, -1]], [1] * 5, features)
    # distances 0, 1, 1; the item without content and the padding take no part
    assert value("diversity", given, 3) == pytest.approx([2 / 3, 1.0, 0.0, 2.0])


def test_rating_errors_per_group() -> None:
    errors = torch.tensor([1.0, -2.0, 0.5]).double()
    group = torch.tensor([0, 0, 1])
    rmse, mae = METRICS["rmse"].rate, METRICS["mae"].rate
    assert rmse is not None
    assert mae is not None
    assert rmse(errors, group, 2).tolist() == pytest.approx([((1 + 4) / 2) ** 0.5, 0.5])
    assert mae(errors, group, 2).tolist() == pytest.approx([(1 + 2) / 2, 0.5])


def test_serendipity_counts_hits_that_are_no_bestsellers() -> None:
    given = replace(shown([[0, 2, 3], [1, 2, 3]], [9, 8, 1, 2]), hits=torch.ones(2, 3).bool())
    # with k = 2 the bestsellers are items 0 and 1
    assert value("serendipity", given, 2) == pytest.approx([1 / 2, 1 / 2])
    assert value("serendipity", given, 3) == pytest.approx([1 / 3, 1 / 3])


def test_the_long_tail_is_all_but_the_most_popular_fifth() -> None:
    given = shown([[0, 1, 2], [0, -1, -1], [-1, -1, -1]], [9, 1, 1, 1, 1])
    assert value("aplt", given, 3) == pytest.approx([2 / 3, 0.0, 0.0])


def test_calibration_is_the_divergence_of_shown_from_liked() -> None:
    categories = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    given = shown([[0, 1], [0, -1], [2, -1]], [1, 1, 1])
    given = replace(
        given,
        catalogue=replace(given.catalogue, categories=categories),
        profile=torch.tensor([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]]),
    )
    first = 0.25 * log(0.25 / (0.99 * 1 + 0.01 * 0.25))
    second = 0.75 * log(0.75 / (0.01 * 0.75))
    assert value("calibration", given, 2) == pytest.approx([0.0, first + second, 0.0], abs=1e-5)


def test_the_user_gap_compares_active_with_quiet_users() -> None:
    given = lists([[1, 0], [0, 1], [0, 0], [1, 0]], [1, 1, 1, 1])
    given = replace(given, activity=torch.tensor([9, 2, 3, 8]))
    # active: users 0 and 3 with 1 each; quiet: 1 / log2(3) and 0
    assert value("user_gap", given, 2) == pytest.approx([1 - 1 / log2(3) / 2])


def test_the_item_gap_compares_attention_with_interactions() -> None:
    given = shown([[0, 1], [0, 2]], [6, 1, 1, 1, 1])
    # the tail has 4 of 10 interactions and 2 of 4 shown places
    assert value("item_gap", given, 2) == pytest.approx([abs(2 / 4 - 4 / 10)])
