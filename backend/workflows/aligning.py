"""What an align job does: encode, learn a shared space on a part, measure on the rest, store."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import torch
from filelock import FileLock
from torch.nn.functional import normalize

from backend.data.dataset import Dataset
from backend.devices import torch_device
from backend.durable import file_sha256
from backend.errors import InvalidInput
from backend.features.align import Retrieval, duplicates, find_pairs, retrieval, split_pairs
from backend.features.encoders import check_encodes, new_encoder, parse_encoder
from backend.features.extract import Extraction, read_by
from backend.progress import Report, silent
from backend.schema import Modality
from backend.training.alignment import Course, embed_heads, fine_tune, learn_heads, refit_heads
from backend.training.checkpoint import save_tensors
from backend.workflows.loading import (
    default_encoders,
    extract_features,
    find_dataset,
    note_features,
    open_dataset,
)
from backend.workflows.workspace import Workspace
from db.records import AlignmentRecord, DatasetRecord, RecallByDirection
from db.repositories import Alignments
from models.alignment import ContrastiveConfig, FineTuneConfig, HeadsConfig
from models.config import unknown_name
from models.encoders import ENCODERS
from models.encoders.open_clip import OpenClip

SIDES: Final = (Modality.IMAGE, Modality.TEXT)
METHODS: Final[Mapping[str, type[ContrastiveConfig]]] = {
    "heads": HeadsConfig,
    "fine_tune": FineTuneConfig,
}
"""How to come to a shared space, with the settings of each; the first is the default."""
_WEIGHTS: Final = "weights.safetensors"
_VERSION: Final = 1
"""Goes into the key; count it up when equal settings would give another space."""
_ENCODED, _LEARNED = 0.4, 0.75
"""Which part of the progress is reached when."""


@dataclass(frozen=True)
class AlignmentPlan:
    """What to align and how."""

    dataset_id: str
    encoders: Mapping[str, str] = field(default_factory=dict)
    """Modality -> encoder; the installed ones where nothing is said."""
    method: str = "heads"
    settings: Mapping[str, object] = field(default_factory=dict)
    """Loose keys of the method's configuration; a typo raises ConfigError."""
    seed: int = 0
    """Of the split, the first weights and the order of learning."""
    device: str = "auto"


@dataclass(frozen=True)
class _Outcome:
    """Measured on held-out pairs; the weights lie in the folder."""

    after: Retrieval
    epochs: int


@dataclass(frozen=True)
class _Task:
    """A checked plan with everything encoded; `course.fingerprint` is the key of the result."""

    workspace: Workspace
    record: DatasetRecord
    dataset: Dataset
    encoders: Mapping[str, str]
    features: tuple[Extraction, Extraction]
    config: ContrastiveConfig
    course: Course


def check_plan(
    workspace: Workspace, plan: AlignmentPlan
) -> tuple[dict[str, str], ContrastiveConfig]:
    """(encoder of each side, settings), or one sentence on what does not fit."""
    if plan.method not in METHODS:
        raise unknown_name("method", plan.method, METHODS)
    dataset = open_dataset(workspace, find_dataset(workspace, plan.dataset_id))
    for side in SIDES:
        if not dataset.present(side).any():
            raise InvalidInput(f"No item of this data set has {side}, so there are no pairs.")
    encoders = _both_sides(plan, dataset)
    if plan.method == "fine_tune" and "," in str(workspace.settings.aligned):
        raise InvalidInput(
            "The path of the workspace holds a comma, which would cut the name of the fine-tuned "
            "encoder short. Rename the folder first."
        )
    return encoders, METHODS[plan.method].from_mapping(plan.settings)


def align(workspace: Workspace, plan: AlignmentPlan, report: Report = silent) -> AlignmentRecord:
    """The shared space of a plan: from its record where the same contents, encoders, settings and
    seed were aligned before, else learned now, going on where an earlier attempt was stopped.

    A fifth of the items is held out and measured; a part of the others decides when to stop. The
    heads that are kept are then learned once more from all pairs, for as many passes as were best:
    the figures are those of a space that had never seen the held-out items. A fine-tuned network
    is kept as it was measured.
    """
    encoders, config = check_plan(workspace, plan)
    record = find_dataset(workspace, plan.dataset_id)
    device = torch_device(plan.device)
    features = extract_features(
        workspace, record, encoders, device, lambda what, part: report(what, part * _ENCODED)
    )
    note_features(workspace, record, features)
    task = _task(workspace, record, plan, encoders, features, config, device)
    course = task.course
    course.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # whoever comes second waits and finds the record of the first
    with FileLock(course.folder / ".lock"):
        kept = _kept(workspace, record, course.fingerprint) or _learn(task, plan, report)
        with workspace.database.write() as session:
            Alignments(session).put(replace(kept, created_at=datetime.now(UTC)))
    for unfinished in course.folder.glob("*.checkpoint"):
        unfinished.unlink()
    report("Finished", 1.0)
    return kept


def weights_path(workspace: Workspace, record: AlignmentRecord) -> Path:
    """Where the learned weights lie; whoever reads them checks their SHA-256."""
    return workspace.settings.home / record.path


def aligned_encoders(workspace: Workspace, record: AlignmentRecord) -> dict[str, str]:
    """The encoders whose vectors the space takes: those asked for, or the fine-tuned ones."""
    if record.method != "fine_tune":
        return dict(record.encoders)
    return _tuned(record.encoders, weights_path(workspace, record))


def _both_sides(plan: AlignmentPlan, dataset: Dataset) -> dict[str, str]:
    for modality in plan.encoders:
        if modality not in SIDES:
            raise InvalidInput(f"Align image and text, not {modality}.")
    given = dict(plan.encoders)
    if plan.method == "fine_tune":
        return _one_network(set(given.values()))
    chosen = {str(side): (default_encoders(dataset) | given).get(side, "") for side in SIDES}
    for side, spec in chosen.items():
        if not spec:
            raise InvalidInput(f"Name an encoder for {side}, as --encoder {side}=NAME.")
        if Modality(side) not in ENCODERS[parse_encoder(spec)[0]].cls.modalities:
            raise InvalidInput(f"The encoder '{spec}' does not read {side}.")
        check_encodes(spec)
    return chosen


def _one_network(specs: set[str]) -> dict[str, str]:
    tunable = len(specs) == 1 and issubclass(
        ENCODERS[parse_encoder(next(iter(specs)))[0]].cls, OpenClip
    )
    if not tunable:
        raise InvalidInput(
            "Fine-tuning needs one model that reads pictures and texts: give "
            "--encoder image=open_clip, with its settings after a colon."
        )
    spec = next(iter(specs))
    return {str(side): spec for side in SIDES}


def _task(
    workspace: Workspace,
    record: DatasetRecord,
    plan: AlignmentPlan,
    encoders: Mapping[str, str],
    features: tuple[Extraction, ...],
    config: ContrastiveConfig,
    device: torch.device,
) -> _Task:
    dataset = open_dataset(workspace, record)
    keys = [read_by(encoders[side], dataset, side).keys for side in SIDES]
    pairs = find_pairs(*keys)
    story = [
        _VERSION,
        plan.method,
        config.to_mapping(),
        plan.seed,
        [feature.fingerprint for feature in features],
        pairs.fingerprint,
    ]
    key = hashlib.sha256(json.dumps(story).encode()).hexdigest()
    course = Course(
        pairs,
        split_pairs(pairs, plan.seed),
        workspace.settings.aligned / key,
        key,
        plan.seed,
        device,
    )
    image, text = features
    return _Task(workspace, record, dataset, encoders, (image, text), config, course)


def _kept(workspace: Workspace, record: DatasetRecord, key: str) -> AlignmentRecord | None:
    """None also where the weights were damaged: then they are learned again."""
    with workspace.database.read() as session:
        known = [a for a in Alignments(session).list(record.id) if a.key == key]
    for found in known:
        path = weights_path(workspace, found)
        if path.is_file() and file_sha256(path) == found.sha256:
            return found
    return None


def _learn(task: _Task, plan: AlignmentPlan, report: Report) -> AlignmentRecord:
    started = time.perf_counter()
    course = task.course
    held_out = course.split.held_out
    before = _compare(task.features, task) if _comparable(task.encoders) else None
    outcome = _heads(task, report) if plan.method == "heads" else _network(task, report)
    path = course.folder / _WEIGHTS
    return AlignmentRecord(
        dataset_id=task.record.id,
        key=course.fingerprint,
        method=plan.method,
        encoders=task.encoders,
        settings=task.config.to_mapping(),
        seed=plan.seed,
        pairs=len(course.pairs),
        held_out=len(held_out),
        duplicates=duplicates(course.pairs, held_out),
        before=_recalls(before) if before else {},
        after=_recalls(outcome.after),
        chance=outcome.after.chance,
        epochs=outcome.epochs,
        seconds=time.perf_counter() - started,
        path=str(path.relative_to(task.workspace.settings.home)),
        sha256=file_sha256(path),
        bytes=path.stat().st_size,
    )


def _heads(task: _Task, report: Report) -> _Outcome:
    course, config = task.course, task.config
    assert isinstance(config, HeadsConfig)
    image, text = (f.table.values[course.pairs.items].float() for f in task.features)
    heads, learned = learn_heads(course, image, text, config, _part(report, _ENCODED, _LEARNED))
    rows = course.split.held_out
    after = retrieval(course.pairs, rows, *embed_heads(heads, image[rows], text[rows]))
    kept = refit_heads(course, image, text, config, learned.best_epoch, _part(report, _LEARNED, 1))
    save_tensors(course.folder / _WEIGHTS, kept.state_dict(), {"model": "AlignedHeads"})
    return _Outcome(after, learned.best_epoch)


def _network(task: _Task, report: Report) -> _Outcome:
    course, config = task.course, task.config
    assert isinstance(config, FineTuneConfig)
    # Not those that everybody shares: what is learned here must not leak into their vectors.
    image, text = (new_encoder(task.encoders[side], side, course.device) for side in SIDES)
    assert isinstance(image, OpenClip)
    assert isinstance(text, OpenClip)
    pictures, texts = (read_by(task.encoders[side], task.dataset, side) for side in SIDES)
    learned = fine_tune(
        course, (image, text), (pictures, texts), config, _part(report, _ENCODED, _LEARNED)
    )
    path = course.folder / _WEIGHTS
    save_tensors(path, image.network.state_dict(), image.checkpoint_metadata())
    features = extract_features(
        task.workspace,
        task.record,
        _tuned(task.encoders, path),
        course.device,
        _part(report, _LEARNED, 1),
    )
    return _Outcome(_compare(features, task), learned.best_epoch)


def _comparable(encoders: Mapping[str, str]) -> bool:
    """Whether the vectors of both sides lie in one space already."""
    (image, of_image), (text, of_text) = (parse_encoder(encoders[side]) for side in SIDES)
    return image == text and of_image == of_text and ENCODERS[image].cls.shared_space


def _compare(features: tuple[Extraction, ...], task: _Task) -> Retrieval:
    """How well the encoders' own vectors find each other on the held-out pairs."""
    course = task.course
    rows = course.split.held_out
    items = course.pairs.items[rows]
    image, text = (normalize(f.table.values[items].float(), dim=1) for f in features)
    return retrieval(course.pairs, rows, image, text)


def _tuned(encoders: Mapping[str, str], path: Path) -> dict[str, str]:
    """The same architecture with the weights at `path`."""
    found = {}
    for side, spec in encoders.items():
        name, config = parse_encoder(spec)
        values = config.to_mapping() | {"checkpoint": str(path)}
        found[side] = f"{name}:" + ",".join(f"{key}={value}" for key, value in values.items())
    return found


def _recalls(found: Retrieval) -> RecallByDirection:
    return {
        "text_to_image": dict(found.text_to_image),
        "image_to_text": dict(found.image_to_text),
    }


def _part(report: Report, start: float, end: float) -> Report:
    return lambda what, part: report(what, start + part * (end - start))
