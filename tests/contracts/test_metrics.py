"""What every registered metric keeps, whoever adds it."""

from dataclasses import replace

import pytest
import torch

from backend.evaluation.metrics import METRICS, Catalogue, Lists, Metric, metric_of
from backend.schema import CUTOFFS, HEADLINE_METRIC
from models.errors import ConfigError

EVERY = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
RANKING = pytest.mark.parametrize(
    "metric",
    [m for m in METRICS.values() if m.rank],
    ids=[m.name for m in METRICS.values() if m.rank],
)


def lists_of(users: int = 40, length: int = 50, n_items: int = 60, seed: int = 0) -> Lists:
    torch.manual_seed(seed)
    items = torch.rand(users, n_items).argsort(1)[:, :length]
    hits = torch.rand(users, length) < 0.1
    catalogue = Catalogue(
        torch.randint(0, 9, (n_items,)),
        torch.nn.functional.normalize(torch.randn(n_items, 4)),
        torch.nn.functional.one_hot(torch.randint(0, 3, (n_items,))).float(),
    )
    activity = torch.randperm(users) + 1
    profile = torch.nn.functional.normalize(torch.rand(users, 3), p=1, dim=1)
    return Lists(items, hits, hits.sum(1) + 1, catalogue, activity, profile)


def run(metric: Metric, lists: Lists, k: int) -> torch.Tensor:
    assert metric.rank is not None
    return metric.rank(lists, k)


@EVERY
def test_describes_itself(metric: Metric) -> None:
    for text in (metric.title, metric.formula, metric.source, metric.empty_case, metric.example):
        assert len(text.strip()) > 2
    assert sum(f is not None for f in (metric.rank, metric.rate, metric.judge)) == 1
    assert metric.needs_k == (metric.rank is not None)
    assert metric_of(f"{metric.name}@7" if metric.needs_k else metric.name)[0] is metric


@RANKING
@pytest.mark.parametrize("k", CUTOFFS)
def test_shape_and_finite(metric: Metric, k: int) -> None:
    values = run(metric, lists_of(), k)
    assert values.shape == ((40,) if metric.per_user else ())
    assert torch.isfinite(values).all()
    assert (values >= 0).all()


@RANKING
def test_order_of_users_does_not_matter(metric: Metric) -> None:
    lists = lists_of()
    flipped = replace(
        lists,
        items=lists.items.flip(0),
        hits=lists.hits.flip(0),
        positives=lists.positives.flip(0),
        activity=lists.activity.flip(0),
        profile=lists.profile.flip(0),
    )
    expected = run(metric, lists, 10)
    torch.testing.assert_close(
        run(metric, flipped, 10), expected.flip(0) if metric.per_user else expected
    )


@RANKING
def test_nothing_beyond_the_cutoff_counts(metric: Metric) -> None:
    lists = lists_of()
    items, hits = lists.items.clone(), lists.hits.clone()
    items[:, 10:], hits[:, 10:] = -1, False
    cut = replace(lists, items=items, hits=hits)
    torch.testing.assert_close(run(metric, cut, 10), run(metric, lists, 10))


@RANKING
def test_empty_lists_and_no_users_are_numbers(metric: Metric) -> None:
    catalogue = lists_of().catalogue
    padded = Lists(
        torch.full((3, 50), -1),
        torch.zeros(3, 50, dtype=torch.bool),
        torch.zeros(3).long(),
        catalogue,
    )
    assert (run(metric, padded, 10) == 0).all()
    nobody = Lists(
        torch.zeros(0, 50).long(), torch.zeros(0, 50).bool(), torch.zeros(0).long(), catalogue
    )
    assert torch.isfinite(run(metric, nobody, 10)).all()


@RANKING
def test_a_cutoff_longer_than_the_list(metric: Metric) -> None:
    lists = lists_of(length=5, n_items=6)
    assert torch.isfinite(run(metric, lists, 50)).all()


@pytest.mark.parametrize("name", ["ndcg", "recall", "precision", "map", "mrr", "hit"])
def test_moving_a_hit_forward_never_hurts(name: str) -> None:
    lists = lists_of()
    better = Lists(
        lists.items,
        lists.hits.float().sort(dim=1, descending=True, stable=True).values.bool(),
        lists.positives,
        lists.catalogue,
    )
    metric = METRICS[name]
    for k in CUTOFFS:
        assert (run(metric, better, k) >= run(metric, lists, k) - 1e-6).all()
        assert (run(metric, better, k) <= 1 + 1e-6).all()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("ndgc@20", "Did you mean 'ndcg'"),
        ("ndcg", "cutoff"),
        ("ndcg@", "cutoff"),
        ("ndcg@0", "cutoff"),
        ("ndcg@-3", "cutoff"),
        ("ndcg@2.5", "cutoff"),
        ("rmse@5", "no cutoff"),
    ],
)
def test_a_wrong_name_says_what_is_right(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        metric_of(name)


def test_the_headline_metric_exists() -> None:
    assert metric_of(HEADLINE_METRIC)[0].higher_is_better
