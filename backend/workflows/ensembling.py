"""Ensembles: which finished runs can be blended, and how their weights are found."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from backend.data.dataset import SplitData
from backend.errors import InvalidInput
from backend.evaluation.evaluator import quick_validation
from backend.progress import Report
from backend.schema import HEADLINE_METRIC, SplitName
from backend.training.blending import blend_weights
from backend.training.checkpoint import save_tensors
from backend.training.trainer import MODEL_FILE, TrainingResult
from backend.workflows.labels import protocol_key, protocol_label, run_label
from backend.workflows.loading import find_dataset, find_run, load_run, member_names
from backend.workflows.workspace import Workspace
from db.records import EpochRecord, RunRecord, RunState
from db.repositories import Runs
from models.recommenders import RECOMMENDERS, BlendingRecommender, TrainingData


@dataclass(frozen=True)
class Candidate:
    """A finished run that can be a member; those of equal `protocol` can be blended."""

    run_id: str
    label: str
    protocol: str
    score: float | None
    """Validation NDCG@20."""


def candidates(workspace: Workspace, dataset_id: str) -> tuple[Candidate, ...]:
    """Finished ranking runs of a data set, best on validation first."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        done = Runs(session).list(dataset_id=record.id, state=RunState.DONE)
    found = [
        Candidate(run.id, run_label(run), protocol_label(run), run.validation.get(HEADLINE_METRIC))
        for run in done
        if run.objective == "ranking" and not run.controls
    ]
    return tuple(sorted(found, key=lambda candidate: -(candidate.score or 0.0)))


def is_ensemble(run: RunRecord) -> bool:
    """Whether the run blends others."""
    return RECOMMENDERS[run.model].cls.takes_members


def as_ensemble(workspace: Workspace, run: RunRecord, split: str) -> RunRecord:
    """The run of a plan with what it inherits: the members' split and all that they read.

    Raises InvalidInput where the members cannot be blended, or `split` asks for another one.
    """
    members = [find_run(workspace, name) for name in member_names(run)]
    _check(members, run)
    first = members[0]
    if split and split != first.split["kind"]:
        raise InvalidInput(
            f"These runs were tested on {protocol_label(first)}; an ensemble keeps that split. "
            "Leave the split out."
        )
    return replace(
        run,
        model_config={**run.model_config, "runs": ",".join(member.id for member in members)},
        encoders=_encoders(members),
        split=first.split,
    )


def blend(
    workspace: Workspace,
    run: RunRecord,
    model: BlendingRecommender,
    data: TrainingData,
    split: SplitData,
    report: Report,
) -> TrainingResult:
    """Standardise the members, choose their weights on validation, store them."""
    start = time.perf_counter()
    report("Reading what the members say", 0.0)
    allowed = split.candidates.get(SplitName.VALIDATION)
    with torch.inference_mode():
        model.solve(data)
        weights = blend_weights(
            [member.embed() for member in model.members],
            model.means,
            model.scales,
            split.train,
            split.validation,
            allowed,
            report,
        )
        model.weights.copy_(weights)
        found = quick_validation(model.embed(), split.train, split.validation, candidates=allowed)
    seconds = time.perf_counter() - start
    with workspace.database.write() as session:
        Runs(session).add_epoch(EpochRecord(run.id, 1, 0.0, found, seconds))
    state = model.state_dict()
    save_tensors(
        workspace.settings.runs / run.id / MODEL_FILE, state, {"model": type(model).__name__}
    )
    return TrainingResult(1, 1, seconds, len(weights), "solved")


def shares(workspace: Workspace, run_id: str) -> Mapping[str, float]:
    """Member label -> its weight; empty for a run that is no ensemble."""
    run = find_run(workspace, run_id)
    if not is_ensemble(run):
        return {}
    model = load_run(workspace, run_id).model
    assert isinstance(model, BlendingRecommender)
    labels = [run_label(find_run(workspace, name)) for name in member_names(run)]
    return dict(zip(labels, model.weights.tolist(), strict=True))


def _check(members: Sequence[RunRecord], run: RunRecord) -> None:
    if len({member.id for member in members}) < 2 or len(members) != len({m.id for m in members}):
        raise InvalidInput(
            "An ensemble blends two or more different finished runs: name them in 'runs', "
            "separated by commas."
        )
    for member in members:
        if member.state is not RunState.DONE:
            raise InvalidInput(f"Run '{member.name}' has not finished (it is {member.state}).")
        if member.dataset_id != run.dataset_id:
            raise InvalidInput(f"Run '{member.name}' belongs to another data set.")
        if member.objective != "ranking":
            raise InvalidInput(f"Run '{member.name}' predicts ratings; an ensemble ranks.")
        if member.controls:
            raise InvalidInput(f"Run '{member.name}' is a control: its content means nothing.")
    if len({protocol_key(member) for member in members}) > 1:
        raise InvalidInput(
            "These runs were tested on different splits. Blend runs of one split: otherwise one "
            "of them has been trained on what another is tested on."
        )


def _encoders(members: Sequence[RunRecord]) -> dict[str, str]:
    """Modality -> encoder over all members; they must agree, for a new item is encoded once."""
    found: dict[str, str] = {}
    for member in members:
        for modality, encoder in member.encoders.items():
            if found.setdefault(modality, encoder) != encoder:
                raise InvalidInput(
                    f"These runs read {modality} with different encoders, {found[modality]} and "
                    f"{encoder}. Blend runs that share one."
                )
    return found
