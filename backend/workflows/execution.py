"""What a training job does, from the run's record to its stored metrics."""

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import torch
from torch import Tensor

from backend.data.categories import category_shares
from backend.data.dataset import Dataset, Interactions, SplitData
from backend.devices import torch_device
from backend.durable import file_sha256, write_durably
from backend.errors import USER_ERRORS, Cancelled
from backend.evaluation.evaluator import (
    evaluate_clicks,
    evaluate_ranking,
    evaluate_rating,
    scores_of,
)
from backend.evaluation.significance import Interval, bootstrap_intervals
from backend.progress import Report
from backend.schema import SplitName
from backend.training.checkpoint import EpochResult
from backend.training.config import TrainingConfig
from backend.training.seeds import seeded
from backend.training.trainer import MODEL_FILE, TrainingResult, train
from backend.workflows.ensembling import blend, is_ensemble
from backend.workflows.judging import judge
from backend.workflows.loading import (
    USERS_FILE,
    build_model,
    default_encoders,
    extract_features,
    find_dataset,
    find_run,
    interval_of,
    load_run,
    make_split,
    members_of,
    note_features,
    open_dataset,
    preparation_of,
    tables_of,
    training_data,
)
from backend.workflows.workspace import Workspace
from db.records import ArtefactRecord, DatasetRecord, EpochRecord, MetricRecord, RunRecord, RunState
from db.repositories import Features, Runs
from models.modality import Modality
from models.recommenders import (
    BlendingRecommender,
    ClickRecommender,
    Embeddings,
    FeatureTable,
    Recommender,
    TrainingData,
)

ENCODE_SHARE, TRAIN_SHARE = 0.2, 0.75


def execute_run(workspace: Workspace, run_id: str, report: Report) -> RunRecord:
    """Encode what is missing, train (from the checkpoint if there is one), evaluate, store.

    Whatever goes wrong, the run's state and sentence say so before the error is passed on.
    """
    run = find_run(workspace, run_id)
    _update(workspace, run_id, state=RunState.RUNNING, started_at=_now(), error=None)
    try:
        _train_and_evaluate(workspace, run, report)
    except Cancelled:
        _update(workspace, run_id, state=RunState.CANCELLED, finished_at=_now())
        raise
    except Exception as error:
        known = isinstance(error, USER_ERRORS)
        text = str(error) if known else "Something unexpected happened; the log has details."
        _update(workspace, run_id, state=RunState.FAILED, error=text, finished_at=_now())
        raise
    return find_run(workspace, run_id)


def evaluate_again(workspace: Workspace, run_id: str) -> dict[str, Interval]:
    """Test metrics of a finished run, computed anew from its stored weights."""
    loaded = load_run(workspace, run_id)
    metrics, _, _ = _evaluate(
        workspace, loaded.embeddings, loaded.record, loaded.dataset, loaded.split, loaded.data
    )
    return {m.name: interval_of(m) for m in metrics if m.split == "test"}


def environment() -> dict[str, str]:
    """What the numbers may depend on besides the settings."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "cpu": f"{os.cpu_count()} cores",
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


@dataclass(frozen=True)
class Course:
    """What a run learns from, loaded and encoded; the same for runs that differ in settings that
    do not touch the data."""

    record: DatasetRecord
    dataset: Dataset
    split: SplitData
    data: TrainingData
    device: torch.device


def open_course(workspace: Workspace, run: RunRecord, report: Report) -> Course:
    """Encodes what is missing, which is all that takes time."""
    # Members are loaded on the CPU, and blending them is too little work for another device.
    device = torch.device("cpu") if is_ensemble(run) else torch_device(run.device)
    record = find_dataset(workspace, run.dataset_id)
    report("Reading the data set", 0.0)
    dataset = open_dataset(workspace, record)
    extractions = extract_features(workspace, record, run.encoders, device, report, run)
    note_features(workspace, record, extractions)
    split = make_split(dataset, run)
    data = training_data(dataset, split.train, preparation_of(run, extractions).catalogue)
    return Course(record, dataset, split, data, device)


def fresh_model(workspace: Workspace, run: RunRecord, course: Course) -> Recommender:
    """The run's model before training, with the weights that its seed gives."""
    with seeded(run.seed, "weights", device=course.device):
        return build_model(run, course.data, members_of(workspace, run))


def _train_and_evaluate(workspace: Workspace, run: RunRecord, report: Report) -> None:
    course = open_course(workspace, run, lambda what, f: report(what, f * ENCODE_SHARE))
    dataset, split, data = course.dataset, course.split, course.data
    model = fresh_model(workspace, run, course)
    folder = workspace.settings.runs / run.id
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    result = _fit(workspace, run, model, data, split, course.device, report)
    report("Evaluating on the test split", ENCODE_SHARE + TRAIN_SHARE)
    model = model.to("cpu").eval()
    with torch.inference_mode():
        embeddings = model.embed()
    metrics, arrays, collapsed = _evaluate(workspace, embeddings, run, dataset, split, data)
    write_durably(folder / USERS_FILE, lambda file: np.savez(file, allow_pickle=False, **arrays))
    _store(workspace, run, metrics, result, collapsed)
    report("Finished", 1.0)


def _fit(
    workspace: Workspace,
    run: RunRecord,
    model: Recommender,
    data: TrainingData,
    split: SplitData,
    device: torch.device,
    report: Report,
) -> TrainingResult:
    def trained(what: str, fraction: float) -> None:
        report(what, ENCODE_SHARE + fraction * TRAIN_SHARE)

    if isinstance(model, BlendingRecommender):
        return blend(workspace, run, model, data, split, trained)
    judged = judge(run.objective, data, split)

    def on_epoch(epoch: EpochResult) -> None:
        with workspace.database.write() as session:
            Runs(session).add_epoch(
                EpochRecord(run.id, epoch.epoch, epoch.loss, dict(epoch.validation), epoch.seconds)
            )

    return train(
        model,
        data,
        TrainingConfig.from_mapping(run.training_config),
        validate=judged.validate,
        monitor=judged.metric,
        direction=judged.direction,
        folder=workspace.settings.runs / run.id,
        seed=run.seed,
        device=device,
        on_epoch=on_epoch,
        report=trained,
        finish=lambda finished: _calibrate(finished, split.validation),
    )


def _calibrate(model: Recommender, held_out: Interactions) -> None:
    if isinstance(model, ClickRecommender):
        model.eval()
        model.calibrate(scores_of(model.embed(), held_out), torch.as_tensor(held_out.ratings))


def _evaluate(
    workspace: Workspace,
    embeddings: Embeddings,
    run: RunRecord,
    dataset: Dataset,
    split: SplitData,
    data: TrainingData,
) -> tuple[list[MetricRecord], dict[str, np.ndarray], bool]:
    """(metrics of validation and test with intervals, arrays of the test split per user, whether
    the test lists are not ordered by the model at all)."""
    metrics: list[MetricRecord] = []
    content = _diversity_features(workspace, run, data.features)
    shares = category_shares(dataset.items)
    categories = None if shares is None else torch.from_numpy(shares)
    arrays: dict[str, np.ndarray] = {}
    collapsed = False
    for name, truth in (
        (SplitName.VALIDATION, split.validation),
        (SplitName.TEST, split.test),
    ):
        if run.objective == "rating":
            low, high = float(data.ratings.min()), float(data.ratings.max())
            rated = evaluate_rating(embeddings, truth, low, high)
            users, per_user, catalogue = rated.users, rated.per_user, rated.totals
        elif run.objective == "ctr":
            judged = evaluate_clicks(embeddings, truth)
            users, per_user, catalogue = judged.users, judged.per_user, judged.totals
        else:
            popularity = torch.bincount(data.items, minlength=dataset.n_items)
            ranked = evaluate_ranking(
                embeddings,
                split.train,
                truth,
                diversity_features=content,
                popularity=popularity,
                categories=categories,
                candidates=split.candidates.get(name),
            )
            users, per_user, catalogue = ranked.users, ranked.per_user, ranked.catalogue
            collapsed = ranked.collapsed
        intervals = bootstrap_intervals(per_user)
        metrics += [
            MetricRecord(run.id, name, m, interval.value, interval.low, interval.high)
            for m, interval in intervals.items()
            if m not in catalogue
        ]
        metrics += [MetricRecord(run.id, name, m, v, None, None) for m, v in catalogue.items()]
        if name is SplitName.TEST:
            arrays = {"users": users, **per_user}
    return metrics, arrays, collapsed


def _diversity_features(
    workspace: Workspace, run: RunRecord, features: Mapping[Modality, FeatureTable]
) -> Tensor | None:
    """f32[I, D], modalities side by side, each of length 1, so that none dominates.

    The same for every run of a data set once its embedded encoders have read it, also for runs
    that see clicks only: otherwise diversities could not be compared. Before that, the run's own
    features, or None.
    """
    record = find_dataset(workspace, run.dataset_id)
    encoders = default_encoders(open_dataset(workspace, record))
    if encoders != dict(run.encoders) or run.controls:
        with workspace.database.read() as session:
            used = {(f.modality, f.encoder) for f in Features(session).list(record.id)}
        if set(encoders.items()) <= used:
            cpu = torch.device("cpu")
            features = tables_of(extract_features(workspace, record, encoders, cpu))
    vectors = [table.values for table in features.values() if not table.raw]
    if not vectors:
        return None
    parts = [torch.nn.functional.normalize(values, dim=1) for values in vectors]
    return torch.nn.functional.normalize(torch.cat(parts, dim=1), dim=1)


def _store(
    workspace: Workspace,
    run: RunRecord,
    metrics: list[MetricRecord],
    result: TrainingResult,
    collapsed: bool,
) -> None:
    folder = workspace.settings.runs / run.id
    with workspace.database.write() as session:
        runs = Runs(session)
        runs.put_metrics(metrics)
        for name in (MODEL_FILE, USERS_FILE):
            path = folder / name
            relative = path.relative_to(workspace.settings.home)
            runs.put_artefact(
                ArtefactRecord(run.id, name, str(relative), file_sha256(path), path.stat().st_size)
            )
        runs.update(
            run.id,
            state=RunState.DONE,
            best_epoch=result.best_epoch,
            epochs=result.epochs,
            seconds=result.seconds,
            parameters=result.parameters,
            collapsed=collapsed,
            finished_at=_now(),
        )


def _update(workspace: Workspace, run_id: str, **fields: object) -> None:
    with workspace.database.write() as session:
        Runs(session).update(run_id, **fields)


def _now() -> datetime:
    return datetime.now(UTC)
