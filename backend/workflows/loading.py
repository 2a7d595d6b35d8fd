"""Stored things as live objects: data sets, splits, encoded content, trained models."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.dataset import Dataset, Interactions, SplitData, load_dataset
from backend.data.split import SplitConfig, split_interactions
from backend.durable import file_sha256
from backend.errors import DamagedArtefact, InvalidInput, NotFound
from backend.evaluation.metrics import metric_of
from backend.evaluation.significance import Interval
from backend.explain.modality_shapley import CoalitionTables
from backend.features.contents import Contents
from backend.features.controls import controlled
from backend.features.encoders import OPTIONAL, encoders_for, learns, raw
from backend.features.extract import Extraction, encode_modality, read_by
from backend.features.fitting import ReadyEncoder, ready_encoder
from backend.features.preparation import Preparation
from backend.features.reviews import check_unread, readable_rows
from backend.features.store import FeatureStore
from backend.progress import Report, silent
from backend.retrieval.index import EXACT_LIMIT, ItemIndex, build_index, load_index
from backend.schema import Col, Modality, Objective
from backend.training.checkpoint import load_tensors
from backend.training.config import TrainingConfig
from backend.training.trainer import MODEL_FILE
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, FeatureRecord, MetricRecord, RunRecord, RunState
from db.repositories import Datasets, Features, Runs
from models.recommenders import (
    RECOMMENDERS,
    BlendingRecommender,
    Embeddings,
    FeatureTable,
    Recommender,
    TrainingData,
    build_recommender,
)

USERS_FILE = "per_user.npz"
_QUERIES = 4_000
"""People whose vectors tune and measure an index."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedRun:
    """A finished run ready to score; `preparation` makes content readable to its model."""

    record: RunRecord
    dataset: Dataset
    split: SplitData
    data: TrainingData
    preparation: Preparation
    model: Recommender
    embeddings: Embeddings


def find_dataset(workspace: Workspace, name_or_id: str) -> DatasetRecord:
    """By name or id; RecordNotFound says what there is."""
    with workspace.database.read() as session:
        return Datasets(session).get(name_or_id)


def find_run(workspace: Workspace, run_id: str) -> RunRecord:
    """By id or an unambiguous beginning of one."""
    with workspace.database.read() as session:
        return Runs(session).get(run_id)


def finished_runs(
    workspace: Workspace, run_ids: Sequence[str], metric: str
) -> tuple[RunRecord, ...]:
    """By whole ids, with the figures of this metric alone; they never change, so they are read
    once."""
    known = _finished(workspace, frozenset(run_ids), metric)
    return tuple(known[run_id] for run_id in run_ids)


@lru_cache(maxsize=8)
def _finished(
    workspace: Workspace, run_ids: frozenset[str], metric: str
) -> Mapping[str, RunRecord]:
    with workspace.database.read() as session:
        return {run.id: run for run in Runs(session).many(sorted(run_ids), (metric,))}


def open_dataset(workspace: Workspace, record: DatasetRecord) -> Dataset:
    """The stored tables, read once per process."""
    return _dataset(workspace.settings.datasets / record.fingerprint)


@lru_cache(maxsize=4)
def _dataset(root: Path) -> Dataset:
    return load_dataset(root)


class OfRun(Protocol):
    """A record that belongs to a run."""

    @property
    def run_id(self) -> str: ...


R = TypeVar("R", bound=OfRun)


def by_run(records: Iterable[R]) -> dict[str, tuple[R, ...]]:
    """Records of many runs, grouped; a run without records has no key."""
    groups: dict[str, list[R]] = {}
    for record in records:
        groups.setdefault(record.run_id, []).append(record)
    return {run_id: tuple(group) for run_id, group in groups.items()}


def modalities_of(dataset: Dataset) -> tuple[Modality, ...]:
    """What at least one item of the catalogue has."""
    return tuple(m for m in Modality if dataset.present(m).any())


def default_encoders(dataset: Dataset) -> dict[str, str]:
    """The embedded encoder of every modality that the catalogue has and that is read unasked."""
    able = {m: encoders_for(dataset, m) for m in modalities_of(dataset) if m not in OPTIONAL}
    return {str(m): names[0] for m, names in able.items() if names}


def default_split(dataset: Dataset, objective: Objective = "ranking") -> SplitConfig:
    """What a data set is parted by where nobody chose: its own split, else at random; for ranking
    with what counts as liked."""
    kind = "given" if Col.SPLIT in dataset.interactions.columns else "random"
    return SplitConfig(kind=kind, positive=liked(dataset) if objective == "ranking" else "")


def liked(dataset: Dataset) -> str:
    """What counts as liked when ranking and nobody chose: a click of those logged, good ratings of
    explicit ones, every interaction where ratings never differ."""
    if dataset.logs_clicks:
        return "rating>=1"
    return "rating>=4" if dataset.explicit else ""


def objectives_of(dataset: Dataset) -> tuple[Objective, ...]:
    """What can be learned from these interactions, ranking first."""
    if dataset.logs_clicks:
        return ("ranking", "ctr")
    return ("ranking", "rating") if dataset.explicit else ("ranking",)


def objective_of(run: RunRecord) -> Objective:
    """As it was stored."""
    found: dict[str, Objective] = {"rating": "rating", "ctr": "ctr"}
    return found.get(run.objective, "ranking")


def readable_reviews(dataset: Dataset, run: RunRecord | None = None) -> NDArray[np.int64]:
    """i64[N]: interactions whose reviews an encoder may read, those that the run (else one with the
    default split) learns from. Raises InvalidInput should one of them be held out."""
    if run is None:
        split = split_interactions(dataset, default_split(dataset), "ranking")
    else:
        split = make_split(dataset, run)
    rows = readable_rows(dataset, split)
    check_unread(dataset, rows, split)
    return rows


def extract_features(
    workspace: Workspace,
    record: DatasetRecord,
    encoders: Mapping[str, str],
    device: torch.device,
    report: Report = silent,
    run: RunRecord | None = None,
) -> tuple[Extraction, ...]:
    """Content of every item, from the store where it is there, encoded now where not; reviews as
    the run may read them."""
    dataset = open_dataset(workspace, record)
    store = feature_store(workspace)
    training = readable_reviews(dataset, run) if Modality.REVIEWS in encoders else None
    found = []
    for position, (name, spec) in enumerate(encoders.items()):

        def step(what: str, fraction: float, done: int = position) -> None:
            report(what, (done + fraction) / len(encoders))

        found.append(
            encode_modality(
                dataset, Modality(name), spec, store, device, report=step, training=training
            )
        )
    return tuple(found)


def catalogue_encoder(
    workspace: Workspace,
    dataset: Dataset,
    modality: Modality,
    spec: str,
    run: RunRecord | None = None,
) -> ReadyEncoder:
    """The encoder on the CPU, with what it learned from this catalogue (and the run's reviews)."""
    contents = Contents.nothing(0)
    if learns(spec):
        reviews = modality is Modality.REVIEWS
        training = readable_reviews(dataset, run) if reviews else None
        contents = read_by(spec, dataset, modality, training)
    cpu = torch.device("cpu")
    return ready_encoder(spec, modality, contents, feature_store(workspace), cpu)


def note_features(
    workspace: Workspace, record: DatasetRecord, extractions: Iterable[Extraction]
) -> tuple[FeatureRecord, ...]:
    """What each extraction did; kept in the database where it is news.

    Reading everything from the store is none: the record of the real encoding, with its speed,
    stays. Raw content is no encoding, and nothing is kept of it.
    """
    rows = tuple(
        FeatureRecord(
            dataset_id=record.id,
            modality=str(e.modality),
            encoder=e.encoder,
            fingerprint=e.fingerprint,
            dim=e.dim,
            encoded=e.encoded,
            cached=e.cached,
            missing=e.missing,
            per_second=e.per_second,
        )
        for e in extractions
    )
    with workspace.database.write() as session:
        features = Features(session)
        known = {(f.modality, f.encoder) for f in features.list(record.id)}
        for row in rows:
            if raw(row.encoder):
                continue
            if row.encoded or (row.modality, row.encoder) not in known:
                features.put(row)
    return rows


def tables_of(extractions: Iterable[Extraction]) -> dict[Modality, FeatureTable]:
    """The vectors alone, by modality."""
    return {e.modality: e.table for e in extractions}


def preparation_of(run: RunRecord, extractions: Iterable[Extraction]) -> Preparation:
    """The catalogue's content as the run's controls, normalisation and imputation want it."""
    config = TrainingConfig.from_mapping(run.training_config)
    encoded = controlled(tables_of(extractions), run.controls, run.seed)
    return Preparation(encoded, config.normalisation, config.imputation)


def feature_store(workspace: Workspace) -> FeatureStore:
    """One per process and workspace, so that a shard is read and checked once."""
    return _feature_store(workspace.settings.features)


@lru_cache(maxsize=4)
def _feature_store(root: Path) -> FeatureStore:
    return FeatureStore(root)


def make_split(dataset: Dataset, run: RunRecord) -> SplitData:
    """The run's own split, rebuilt from its settings."""
    return split_interactions(dataset, SplitConfig.from_mapping(run.split), objective_of(run))


def training_data(
    dataset: Dataset, train: Interactions, features: Mapping[Modality, FeatureTable]
) -> TrainingData:
    """The training part as tensors."""
    times = dataset.interactions[Col.TIMESTAMP].to_numpy(dtype=np.int64)
    return TrainingData(
        n_users=dataset.n_users,
        n_items=dataset.n_items,
        users=torch.tensor(train.users),
        items=torch.tensor(train.items),
        ratings=torch.tensor(train.ratings),
        features=features,
        times=torch.tensor(times[train.rows]),
    )


def member_names(run: RunRecord) -> tuple[str, ...]:
    """The runs that an ensemble blends; none for any other run."""
    if not RECOMMENDERS[run.model].cls.takes_members:
        return ()
    named = (part.strip() for part in str(run.model_config["runs"]).split(","))
    return tuple(name for name in named if name)


def members_of(workspace: Workspace, run: RunRecord) -> tuple[Recommender, ...]:
    """The finished models that an ensemble blends; none for any other run."""
    return tuple(load_run(workspace, name).model for name in member_names(run))


def members_in(model: Recommender) -> tuple[Recommender, ...]:
    """The same of a model at hand."""
    return model.members if isinstance(model, BlendingRecommender) else ()


def build_model(
    run: RunRecord, data: TrainingData, members: Sequence[Recommender] = ()
) -> Recommender:
    """The untrained model of a run's configuration; of an ensemble, around its finished members."""
    return build_recommender(
        run.model,
        data,
        config=run.model_config,
        objective=objective_of(run),
        fusion=run.fusion,
        fusion_config=run.fusion_config,
        members=members,
    )


def load_run(workspace: Workspace, run_id: str) -> LoadedRun:
    """A finished run; NotFound if it has not finished, DamagedArtefact if its file was changed."""
    record = find_run(workspace, run_id)
    if record.state is not RunState.DONE:
        raise NotFound(f"Run '{record.name}' has not finished (it is {record.state}).")
    return _loaded(workspace, record.id)


@lru_cache(maxsize=6)
def _loaded(workspace: Workspace, run_id: str) -> LoadedRun:
    record = find_run(workspace, run_id)
    dataset_record = find_dataset(workspace, record.dataset_id)
    dataset = open_dataset(workspace, dataset_record)
    split = make_split(dataset, record)
    device = torch.device("cpu")
    preparation = preparation_of(
        record, extract_features(workspace, dataset_record, record.encoders, device, run=record)
    )
    data = training_data(dataset, split.train, preparation.catalogue)
    model = build_model(record, data, members_of(workspace, record))
    weights, _ = load_tensors(artefact_path(workspace, record, MODEL_FILE), device)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        raise DamagedArtefact(
            f"Run '{record.name}' was trained by an earlier build, in which its model was made "
            "in another way. Its figures stay; train it again to look at its lists."
        ) from error
    model.eval()
    with torch.inference_mode():
        embeddings = model.embed()
    return LoadedRun(record, dataset, split, data, preparation, model, embeddings)


@lru_cache(maxsize=6)
def coalition_tables(workspace: Workspace, run_id: str) -> CoalitionTables:
    """The run's model under every coalition of players; built once per process and run."""
    loaded = load_run(workspace, run_id)
    present = {m: table.present for m, table in loaded.data.features.items()}
    return CoalitionTables(loaded.model, present)


@lru_cache(maxsize=6)
def item_index(workspace: Workspace, run_id: str) -> ItemIndex | None:
    """FAISS index over the run's item vectors, built once and kept beside the run.

    None for catalogues small enough to score whole: that is exact, and orders ties alike
    wherever a list or a rank is shown.
    """
    table = load_run(workspace, run_id).embeddings
    if len(table.items) <= EXACT_LIMIT:
        return None
    people = torch.arange(len(table.user_bias))[:: max(1, len(table.user_bias) // _QUERIES)]
    queries = table.user_rows(people)
    return kept_index(
        workspace.settings.runs / find_run(workspace, run_id).id / "index",
        lambda: build_index(table.items, table.item_bias, queries=queries),
    )


@lru_cache(maxsize=6)
def likeness_index(workspace: Workspace, run_id: str) -> ItemIndex | None:
    """The same over directions alone, for items like others."""
    items = load_run(workspace, run_id).embeddings.items
    if len(items) <= EXACT_LIMIT:
        return None
    return kept_index(
        workspace.settings.runs / find_run(workspace, run_id).id / "likeness",
        lambda: build_index(
            torch.nn.functional.normalize(items, dim=1), items.new_zeros(len(items))
        ),
    )


def kept_index(folder: Path, build: Callable[[], ItemIndex]) -> ItemIndex:
    """From its folder; built and put there where it is missing or damaged."""
    try:
        found = load_index(folder)
    except DamagedArtefact as damage:
        _log.warning("%s It is built again.", damage)
        found = None
    if found is None:
        found = build()
        found.save(folder)
    return found


def interval_of(metric: MetricRecord) -> Interval:
    """A stored figure; a point where no interval applies (coverage)."""
    low = metric.value if metric.low is None else metric.low
    high = metric.value if metric.high is None else metric.high
    return Interval(metric.value, low, high)


def per_user_values(
    workspace: Workspace, run: RunRecord
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float32]]]:
    """(user_num i64[E], metric -> f32[E]) of the run's test evaluation."""
    with np.load(artefact_path(workspace, run, USERS_FILE), allow_pickle=False) as archive:
        values = {name: archive[name] for name in archive.files if name != "users"}
        return archive["users"], values


def values_of(
    workspace: Workspace, run: RunRecord, metric: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(user_num i64[E], f64[E]) of one metric of the run's test evaluation.

    Raises InvalidInput for a metric that exists only over everybody.
    """
    found, _ = metric_of(metric)
    if not found.per_user:
        raise InvalidInput(
            f"{found.title} is one number over everybody, so people cannot be compared by it. "
            "Choose another metric."
        )
    with np.load(artefact_path(workspace, run, USERS_FILE), allow_pickle=False) as archive:
        return archive["users"], archive[metric].astype(np.float64)


def artefact_path(workspace: Workspace, run: RunRecord, name: str) -> Path:
    """Path of a run's file after checking its SHA-256 against the database."""
    with workspace.database.read() as session:
        found = Runs(session).artefacts(run.id).get(name)
    if found is None:
        raise DamagedArtefact(f"Run '{run.name}' has no file '{name}'. Train it again.")
    path = workspace.settings.home / found.path
    if not path.is_file() or file_sha256(path) != found.sha256:
        raise DamagedArtefact(
            f"The stored file '{name}' of run '{run.name}' is damaged. Its record is safe; "
            "train it again to repair it."
        )
    return path
