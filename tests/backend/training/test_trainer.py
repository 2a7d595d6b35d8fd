from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from backend.errors import Cancelled, TrainingFailed
from backend.training import trainer
from backend.training.checkpoint import EpochResult, load_tensors
from backend.training.config import TrainingConfig, training_config
from backend.training.sampling import SAMPLINGS
from backend.training.seeds import seeded
from backend.training.trainer import TrainingResult, train
from models.config import Config
from models.errors import ConfigError
from models.modality import Modality
from models.recommenders import (
    RECOMMENDERS,
    Batch,
    Embeddings,
    FeatureTable,
    IterativeRecommender,
    Recommender,
    TrainingData,
    build_recommender,
)

CPU = torch.device("cpu")
USERS, ITEMS = 12, 10


def world() -> TrainingData:
    """Users like items of their own parity."""
    pairs = [(u, i) for u in range(USERS) for i in range(ITEMS) if u % 2 == i % 2 and (u + i) % 3]
    users, items = (torch.tensor(side) for side in zip(*pairs, strict=True))
    values = torch.randn(ITEMS, 6, generator=torch.Generator().manual_seed(1))
    table = FeatureTable(values, torch.ones(ITEMS, dtype=torch.bool))
    return TrainingData(USERS, ITEMS, users, items, torch.ones(len(users)), {Modality.TEXT: table})


def same_parity_share(embeddings: Embeddings) -> dict[str, float]:
    """Share of each user's five best items that have the user's parity."""
    best = embeddings.score(torch.arange(USERS)).topk(5).indices
    return {"ndcg@20": float((best % 2 == torch.arange(USERS).unsqueeze(1) % 2).float().mean())}


def model(name: str = "bpr", **config: object) -> Recommender:
    with seeded(7):
        return build_recommender(name, world(), config={"dim": 8, **config})


@dataclass
class Recorder:
    results: list[EpochResult]

    def numbers(self) -> list[tuple[int, float, dict[str, float], bool]]:
        return [(r.epoch, r.loss, dict(r.validation), r.improved) for r in self.results]


def run(
    folder: Path,
    recommender: Recommender | None = None,
    validate: Callable[[Embeddings], dict[str, float]] = same_parity_share,
    report: Callable[[str, float], None] = lambda what, fraction: None,
    seed: int = 3,
    direction: str = "max",
    **settings: object,
) -> tuple[TrainingResult, Recorder, Recommender]:
    recorder = Recorder([])
    recommender = recommender or model()
    config = TrainingConfig.from_mapping(
        {"epochs": 6, "batch_size": 8, "learning_rate": 0.05, "patience": 100, **settings}
    )
    result = train(
        recommender,
        world(),
        config,
        validate=validate,
        direction=direction,
        folder=folder,
        seed=seed,
        device=CPU,
        on_epoch=recorder.results.append,
        report=report,
    )
    return result, recorder, recommender


def scores(recommender: Recommender) -> Tensor:
    with torch.no_grad():
        return recommender.embed().score(torch.arange(USERS))


def test_learns_what_there_is_to_learn(tmp_path: Path):
    result, recorder, trained = run(tmp_path, epochs=40)
    assert same_parity_share(trained.embed())["ndcg@20"] == 1.0
    assert recorder.results[-1].loss < recorder.results[0].loss
    assert (result.epochs, result.stopped) == (40, "complete")
    assert result.parameters == 12 * 8 + 10 * 8 + 10


@pytest.mark.parametrize("name", ["bpr", "vbpr", "fused", "sequential", "user_modality"])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_way_to_draw_teaches_what_there_is(tmp_path: Path, name: str, sampling: str):
    _, recorder, trained = run(tmp_path, recommender=model(name), epochs=25, sampling=sampling)
    assert recorder.results[-1].loss < recorder.results[0].loss
    assert same_parity_share(trained.embed())["ndcg@20"] > 0.8


def test_the_best_weights_are_kept_and_stored(tmp_path: Path):
    values = iter([0.1, 0.9, 0.3, 0.2])
    best: list[Tensor] = []

    def validate(embeddings: Embeddings) -> dict[str, float]:
        best.append(embeddings.score(torch.arange(USERS)))
        return {"ndcg@20": next(values)}

    result, recorder, trained = run(tmp_path, validate=validate, patience=2)
    assert (result.best_epoch, result.epochs, result.stopped) == (2, 4, "early")
    assert [r.improved for r in recorder.results] == [True, True, False, False]
    assert torch.equal(scores(trained), best[1])
    stored, _ = load_tensors(tmp_path / trainer.MODEL_FILE, CPU)
    fresh = model()
    fresh.load_state_dict(stored)
    assert torch.equal(scores(fresh), best[1])


def test_lower_is_better_where_told(tmp_path: Path):
    values = iter([0.9, 0.5, 0.7])
    result, _, _ = run(
        tmp_path, validate=lambda e: {"ndcg@20": next(values)}, direction="min", epochs=3
    )
    assert result.best_epoch == 2


def test_evaluates_as_often_as_asked_and_in_the_last_epoch(tmp_path: Path):
    _, recorder, _ = run(tmp_path, epochs=5, eval_every=2)
    assert [bool(r.validation) for r in recorder.results] == [False, True, False, True, True]


def test_the_same_seed_repeats_every_number_and_another_does_not(tmp_path: Path):
    first = run(tmp_path / "a")
    second = run(tmp_path / "b")
    other = run(tmp_path / "c", seed=4)
    assert first[1].numbers() == second[1].numbers() != other[1].numbers()
    assert torch.equal(scores(first[2]), scores(second[2]))


def test_global_randomness_is_left_alone(tmp_path: Path):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    run(tmp_path, recommender=model())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "sampling"),
    [
        ("bpr", "hard"),
        ("lightgcn", "popularity"),
        ("vbpr", "in_batch"),
        *((name, "uniform") for name in ("bpr", "lightgcn", "vbpr", "fused")),
    ],
)
@pytest.mark.parametrize("calls", [4, 9, 17])
def test_cancelled_anywhere_and_resumed_equals_uninterrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sampling: str, calls: int
):
    monkeypatch.setattr(trainer, "_SECONDS_BETWEEN_CHECKPOINTS", -1.0)
    monkeypatch.setattr(trainer, "_SECONDS_BETWEEN_REPORTS", -1.0)
    whole = run(tmp_path / "whole", recommender=model(name), sampling=sampling)
    left = calls

    def stop(what: str, fraction: float) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        run(tmp_path / "cut", recommender=model(name), report=stop, sampling=sampling)
    result, rest, resumed = run(tmp_path / "cut", recommender=model(name), sampling=sampling)
    assert rest.numbers() == whole[1].numbers()[-len(rest.results) :]
    assert (result.best_epoch, result.epochs) == (whole[0].best_epoch, whole[0].epochs)
    assert torch.equal(scores(resumed), scores(whole[2]))


def test_checkpoints_may_be_seconds_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(trainer, "_SECONDS_BETWEEN_CHECKPOINTS", 1e9)
    whole = run(tmp_path / "whole")

    def die(result: EpochResult) -> None:
        if result.epoch == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(
            model(),
            world(),
            TrainingConfig(epochs=6, batch_size=8, learning_rate=0.05, patience=100),
            validate=same_parity_share,
            folder=tmp_path / "cut",
            seed=3,
            device=CPU,
            on_epoch=die,
        )
    _, rest, resumed = run(tmp_path / "cut")
    assert rest.numbers() == whole[1].numbers()
    assert torch.equal(scores(resumed), scores(whole[2]))


def test_a_finished_training_is_not_repeated(tmp_path: Path):
    first = run(tmp_path)
    again, told, trained = run(tmp_path)
    assert told.results == []
    assert (again.best_epoch, again.epochs) == (first[0].best_epoch, first[0].epochs)
    assert torch.equal(scores(trained), scores(first[2]))


def test_other_settings_start_afresh(tmp_path: Path):
    run(tmp_path)
    assert len(run(tmp_path, learning_rate=0.01)[1].results) == 6
    assert len(run(tmp_path, recommender=model(l2=0.5))[1].results) == 6


class Broken(IterativeRecommender):
    """Fails in a chosen way at a chosen step."""

    def __init__(self, step: int, failure: Callable[[Batch], Tensor]) -> None:
        super().__init__(Config(), world())
        self.weight = nn.Parameter(torch.ones(ITEMS))
        self.step, self.failure, self.sizes = step, failure, []

    def loss(self, batch: Batch) -> Tensor:
        self.sizes.append(len(batch.users))
        self.step -= 1
        if self.step == 0:
            return self.failure(batch)
        return self.weight[batch.items].square().mean()

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        zero = torch.zeros(USERS, 1)
        return Embeddings(zero, torch.zeros(ITEMS, 1), zero[:, 0], self.weight.detach(), 0.0)


def test_a_loss_that_is_no_number_names_the_epoch_and_keeps_the_checkpoint(tmp_path: Path):
    steps = -(-len(world().users) // 8)
    broken = Broken(2 * steps + 1, lambda batch: torch.tensor(torch.nan, requires_grad=True))
    with pytest.raises(TrainingFailed, match=r"epoch 3.*lower learning rate \(it was 0.05\)"):
        run(tmp_path, recommender=broken)
    stored, _ = load_tensors(tmp_path / trainer.CHECKPOINT_FILE, CPU)
    assert stored["model/weight"].isfinite().all()


def out_of_memory(batch: Batch) -> Tensor:
    raise torch.OutOfMemoryError("CUDA out of memory")


def test_out_of_memory_halves_the_batch_once(tmp_path: Path):
    said: list[str] = []
    broken = Broken(3, out_of_memory)
    _result, recorder, _ = run(
        tmp_path, recommender=broken, report=lambda what, fraction: said.append(what)
    )
    assert max(broken.sizes[3:]) == 4
    assert broken.sizes[0] == 8
    assert [r.epoch for r in recorder.results] == [1, 2, 3, 4, 5, 6]
    assert any("batches of 4" in what for what in said)


def test_out_of_memory_twice_is_a_sentence(tmp_path: Path):
    broken = Broken(3, out_of_memory)
    broken.loss = out_of_memory  # type: ignore[method-assign]
    with pytest.raises(TrainingFailed, match="Choose a smaller batch size"):
        run(tmp_path, recommender=broken)


def test_a_closed_form_is_solved(tmp_path: Path):
    with seeded(1):
        popularity = build_recommender("popularity", world())
    result, recorder, _ = run(tmp_path, recommender=popularity)
    assert (result.stopped, result.epochs, result.best_epoch) == ("solved", 1, 1)
    assert recorder.results[0].improved
    assert recorder.results[0].validation
    stored, _ = load_tensors(tmp_path / trainer.MODEL_FILE, CPU)
    assert torch.equal(stored["share"], popularity.state_dict()["share"])


def test_model_defaults_stand_under_what_is_asked():
    mf = RECOMMENDERS["mf"].cls
    assert training_config(mf).learning_rate == mf.training_defaults["learning_rate"]
    assert training_config(mf, {"learning_rate": "0.5"}).learning_rate == 0.5
    with pytest.raises(ConfigError, match="Did you mean 'epochs'"):
        training_config(mf, {"epoch": 3})
    for entry in RECOMMENDERS.entries():
        training_config(entry.cls)
