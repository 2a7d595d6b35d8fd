from math import log2

import numpy as np
import pytest
import torch

from backend.data.dataset import Interactions
from backend.errors import InvalidInput, TrainingFailed
from backend.evaluation.evaluator import evaluate_ranking, evaluate_rating, quick_validation
from models.recommenders import Embeddings


def pairs(*given: tuple[int, int], ratings: list[float] | None = None) -> Interactions:
    table = np.array(given, dtype=np.int64).reshape(-1, 2)
    return Interactions(
        table[:, 0], table[:, 1], np.array(ratings or [1.0] * len(table), dtype=np.float32)
    )


def scored(rows: list[list[float]]) -> Embeddings:
    """A model whose score matrix is exactly this."""
    matrix = torch.tensor(rows, dtype=torch.float32)
    return Embeddings(
        matrix,
        torch.eye(matrix.shape[1]),
        torch.zeros(len(matrix)),
        torch.zeros(matrix.shape[1]),
        0,
    )


def random_world(
    users: int = 60, items: int = 40, seed: int = 1
) -> tuple[Embeddings, Interactions, Interactions]:
    rng = np.random.default_rng(seed)
    order = rng.random((users, items)).argsort(1)
    train = [(u, int(i)) for u in range(users) for i in order[u, :5]]
    truth = [(u, int(i)) for u in range(users) for i in order[u, 5 : 5 + rng.integers(1, 8)]]
    torch.manual_seed(seed)
    embeddings = Embeddings(
        torch.randn(users, 6), torch.randn(items, 6), torch.randn(users), torch.randn(items), 0.3
    )
    return embeddings, pairs(*train), pairs(*truth)


def test_masks_training_items_and_scores_the_rest() -> None:
    model = scored([[9, 8, 7, 6], [1, 2, 3, 4], [5, 5, 5, 5]])
    result = evaluate_ranking(model, pairs((0, 0), (1, 3)), pairs((0, 2), (1, 1)), cutoffs=(1, 2))
    assert result.users.tolist() == [0, 1]
    assert result.top.shape == (2, 50)
    assert result.top[:, :4].tolist() == [[1, 2, 3, -1], [2, 1, 0, -1]]
    assert (result.top[:, 3:] == -1).all()
    assert result.per_user["ndcg@2"] == pytest.approx([1 / log2(3), 1 / log2(3)])
    assert result.per_user["hit@1"].tolist() == [0, 0]
    assert result.catalogue["coverage@1"] == pytest.approx(2 / 4)
    assert result.means()["recall@2"] == 1.0
    assert not result.collapsed
    assert "diversity@2" not in result.per_user


@pytest.mark.parametrize("items", [40, 1903])
def test_equals_a_plain_full_sort(items: int) -> None:
    model, exclude, truth = random_world(items=items)
    result = evaluate_ranking(model, exclude, truth, cutoffs=(5, 20), batch=7)
    scores = model.score(torch.arange(60)).numpy()
    for row, user in enumerate(result.users):
        own = scores[user].copy()
        own[exclude.items[exclude.users == user]] = -np.inf
        best = np.argsort(-own)[:20]
        wanted = set(truth.items[truth.users == user].tolist())
        hits = [item in wanted for item in best]
        dcg = sum(1 / log2(rank + 2) for rank, hit in enumerate(hits) if hit)
        ideal = sum(1 / log2(rank + 2) for rank in range(min(len(wanted), 20)))
        assert result.top[row, :20].tolist() == best.tolist()
        assert result.per_user["ndcg@20"][row] == pytest.approx(dcg / ideal, abs=1e-6)
        assert result.per_user["recall@5"][row] == pytest.approx(sum(hits[:5]) / len(wanted))


def test_batch_size_changes_nothing() -> None:
    model, exclude, truth = random_world()
    one = evaluate_ranking(model, exclude, truth, batch=1)
    all_at_once = evaluate_ranking(model, exclude, truth, batch=1000)
    assert (one.top == all_at_once.top).all()
    assert one.means() == pytest.approx(all_at_once.means())


def test_sparse_histories_give_what_dense_ones_give() -> None:
    model, exclude, truth = random_world()
    history = torch.zeros(60, 40)
    history[exclude.users, exclude.items] = torch.rand(len(exclude)) + 0.5
    history[3] = 0
    weights = torch.randn(40, 40)
    dense = Embeddings(history, weights, model.user_bias, model.item_bias, 0.1)
    sparse = Embeddings(history.to_sparse_csr(), weights, model.user_bias, model.item_bias, 0.1)
    first, second = (evaluate_ranking(m, exclude, truth, batch=16) for m in (dense, sparse))
    assert (first.top == second.top).all()
    assert first.means() == pytest.approx(second.means())


def test_quick_validation_agrees() -> None:
    model, exclude, truth = random_world()
    full = evaluate_ranking(model, exclude, truth).means()
    quick = quick_validation(model, exclude, truth, cutoffs=(10, 20), batch=13)
    assert quick == pytest.approx({name: full[name] for name in quick})
    assert set(quick) == {"ndcg@10", "ndcg@20", "recall@10", "recall@20"}


@pytest.mark.filterwarnings("ignore")
def test_agrees_with_ranx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # compiling takes most of a minute
    ranx = pytest.importorskip("ranx")
    model, exclude, truth = random_world(users=80, items=50)
    result = evaluate_ranking(model, exclude, truth)
    truths: dict[str, dict[str, int]] = {}
    for user, item in zip(truth.users, truth.items, strict=True):
        truths.setdefault(str(user), {})[str(item)] = 1
    runs = {
        str(user): {str(item): float(50 - rank) for rank, item in enumerate(top) if item >= 0}
        for user, top in zip(result.users, result.top, strict=True)
    }
    qrels, run = ranx.Qrels(truths), ranx.Run(runs)
    theirs = {
        "recall": "recall",
        "precision": "precision",
        "ndcg": "ndcg",
        "mrr": "mrr",
        "hit": "hit_rate",
        "map": "map",
    }
    wanted = np.array([len(truths[str(user)]) for user in result.users])
    for k in (5, 20):
        ranx.evaluate(qrels, run, [f"{name}@{k}" for name in theirs.values()])
        for ours, name in theirs.items():
            scores = run.scores[f"{name}@{k}"]
            expected = np.array([scores[str(user)] for user in result.users])
            if ours == "map":  # ranx divides by the positives, we by min(positives, k)
                expected = expected * wanted / np.minimum(wanted, k)
            assert result.per_user[f"{ours}@{k}"] == pytest.approx(expected, abs=1e-6), (ours, k)


def test_ties_never_follow_item_numbers() -> None:
    """All scores equal: the truth on the first items must not look found."""
    users, items = 200, 400
    model = Embeddings(
        torch.ones(users, 2), torch.ones(items, 2), torch.zeros(users), torch.zeros(items), 0
    )
    truth = pairs(*[(user, item) for user in range(users) for item in range(5)])
    result = evaluate_ranking(model, pairs(), truth, cutoffs=(20,))
    assert result.collapsed
    assert result.means()["recall@20"] <= 2 / 5
    again = evaluate_ranking(model, pairs(), truth, cutoffs=(20,), batch=3)
    assert (again.top == result.top).all()
    assert (result.top == result.top[0]).all()


@pytest.mark.parametrize("items", [90, 1903])
def test_ties_across_the_cut_are_exact(items: int) -> None:
    """Coarse scores, some negative or minus zero, against a full sort by shuffled place."""
    rng = np.random.default_rng(3)
    rows = np.round(rng.normal(size=(30, items))).astype(np.float32)
    rows[0] *= -1.0
    model = scored(rows.tolist())
    truth = pairs(*[(user, 0) for user in range(30)])
    flat = evaluate_ranking(scored(np.zeros((1, items)).tolist()), pairs(), pairs((0, 0)))
    place = np.full(items, 50)
    place[flat.top[0]] = np.arange(50)
    result = evaluate_ranking(model, pairs(), truth)
    for user in range(30):
        own = rows[user]
        got = result.top[user]
        assert sorted(own[got], reverse=True) == own[got].tolist()
        for level in np.unique(own[got]):
            same = got[own[got] == level]
            tied = np.flatnonzero(own == level)
            best = sorted(tied.tolist(), key=lambda item: (place[item], item))[: len(same)]
            known = [item for item in best if place[item] < 50]
            assert same[: len(known)].tolist() == known


def test_popularity_is_not_collapsed_but_its_lists_are_alike() -> None:
    counts = torch.tensor([5.0, 4, 3, 2, 1])
    model = Embeddings(torch.zeros(3, 1), torch.zeros(5, 1), torch.zeros(3), counts, 0)
    result = evaluate_ranking(model, pairs(), pairs((0, 0), (1, 1), (2, 4)), cutoffs=(1, 5))
    assert not result.collapsed
    assert result.per_user["mrr@5"] == pytest.approx([1, 1 / 2, 1 / 5])
    assert result.catalogue["coverage@1"] == pytest.approx(1 / 5)


def test_one_user_one_item() -> None:
    result = evaluate_ranking(scored([[0.5]]), pairs(), pairs((0, 0)))
    assert result.means()["ndcg@5"] == 1.0
    assert result.top[0, :2].tolist() == [0, -1]
    assert not result.collapsed


def test_empty_truth_gives_empty_results() -> None:
    model, exclude, _ = random_world()
    result = evaluate_ranking(model, exclude, pairs())
    assert result.users.shape == (0,)
    assert result.top.shape == (0, 50)
    assert result.means()["ndcg@20"] == 0
    assert result.catalogue["coverage@20"] == 0
    assert not result.collapsed
    assert quick_validation(model, exclude, pairs()) == {"ndcg@20": 0.0, "recall@20": 0.0}


def test_a_user_with_everything_masked_finds_nothing() -> None:
    result = evaluate_ranking(scored([[1, 2]]), pairs((0, 0), (0, 1)), pairs((0, 1)))
    assert (result.top == -1).all()
    assert result.means()["recall@5"] == 0


def test_a_pair_twice_in_the_truth_counts_once() -> None:
    result = evaluate_ranking(scored([[3, 2, 1]]), pairs(), pairs((0, 0), (0, 0), (0, 2)))
    assert result.per_user["recall@5"] == pytest.approx([1.0])
    assert result.per_user["precision@5"] == pytest.approx([2 / 5])


def test_not_a_number_is_refused() -> None:
    with pytest.raises(TrainingFailed, match="not numbers"):
        evaluate_ranking(scored([[1, float("nan")]]), pairs(), pairs((0, 0)))
    with pytest.raises(InvalidInput, match="cutoff"):
        evaluate_ranking(scored([[1, 2]]), pairs(), pairs((0, 0)), cutoffs=())


def test_ratings_are_clipped_and_measured() -> None:
    model = scored([[7, 2], [0, 4]])
    truth = pairs((0, 0), (0, 1), (1, 1), ratings=[4.0, 4.0, 3.0])
    result = evaluate_rating(model, truth, 1, 5)
    assert result.predicted.tolist() == [5, 2, 4]
    assert result.rmse == pytest.approx(((1 + 4 + 1) / 3) ** 0.5)
    assert result.mae == pytest.approx((1 + 2 + 1) / 3)
    assert result.users.tolist() == [0, 1]
    assert result.per_user["rmse"] == pytest.approx([((1 + 4) / 2) ** 0.5, 1])
    assert result.per_user["mae"] == pytest.approx([(1 + 2) / 2, 1])


def test_no_ratings_is_not_a_number() -> None:
    result = evaluate_rating(scored([[1, 2]]), pairs(), 1, 5)
    assert np.isnan(result.rmse)
    assert result.users.shape == (0,)


def test_only_candidates_are_ranked() -> None:
    model = scored([[9, 8, 7, 6], [1, 2, 3, 4]])
    allowed = np.array([False, False, True, True])
    truth = pairs((0, 2), (1, 2))
    result = evaluate_ranking(model, pairs((0, 0)), truth, cutoffs=(1, 2), candidates=allowed)
    assert result.top[:, :3].tolist() == [[2, 3, -1], [3, 2, -1]]
    assert result.per_user["ndcg@1"].tolist() == [1, 0]
    quick = quick_validation(model, pairs((0, 0)), truth, (1,), candidates=allowed)
    assert quick["ndcg@1"] == pytest.approx(0.5)


def test_groups_and_categories_come_from_the_history() -> None:
    model = scored([[9, 8, 7, 6], [1, 2, 3, 4]])
    categories = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    exclude = pairs((0, 0), (1, 3), (1, 2))
    result = evaluate_ranking(
        model, exclude, pairs((0, 2), (1, 0)), cutoffs=(2,), categories=categories, batch=1
    )
    # user 0 took category 0 and is shown one of each; user 1 took both and is shown both
    liked_one = np.log(1 / (0.99 * 0.5 + 0.01))
    assert result.per_user["calibration@2"] == pytest.approx([liked_one, 0.0], abs=1e-5)
    assert result.catalogue["user_gap@2"] == pytest.approx(abs(1 / log2(3) - 1 / log2(3)))
    without = evaluate_ranking(model, exclude, pairs((0, 2), (1, 0)), cutoffs=(2,))
    assert "calibration@2" not in without.per_user
