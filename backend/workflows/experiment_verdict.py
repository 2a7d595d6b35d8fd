"""The verdict of an experiment: chosen on validation, measured once on test, in plain words."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from backend.errors import NotFound
from backend.evaluation.metrics import metric_of
from backend.evaluation.significance import bootstrap_interval
from backend.evaluation.worth import Decision, Gain, Worth, judge
from backend.workflows.experiment import find_experiment, plan_from
from backend.workflows.loading import find_dataset, make_split, open_dataset, per_user_values
from backend.workflows.workspace import Workspace
from db.records import ExperimentRecord, RunRecord, RunState
from db.repositories import Experiments, Runs

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """The fusion against one rival; shares of the rival's mean."""

    rival: str
    label: str
    gain: float
    low: float
    high: float
    effect_size: float
    adjusted_p: float


@dataclass(frozen=True)
class GroupGain:
    """The gain over the toughest rival among people with so many training interactions."""

    group: str
    users: int
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Standing:
    """A strategy over its seeds."""

    key: str
    label: str
    role: str
    validation: float
    test: float
    spread: float
    """Standard deviation of the test mean over seeds; 0 with one."""
    seeds: int
    seconds: float
    parameters: int


@dataclass(frozen=True)
class ExperimentVerdict:
    """What came out. `gain`, `low`, `high` against the toughest rival, as shares of its mean."""

    decision: Decision
    sentence: str
    gain: float
    low: float
    high: float
    best_fusion: str
    best_single: str
    best_click_only: str
    findings: tuple[Finding, ...]
    over_control: Finding | None
    """Against the same kind of model with all content shuffled: whether meaning is used at all."""
    groups: tuple[GroupGain, ...]
    standings: tuple[Standing, ...]
    users: int
    more_users: int | None
    failed: Mapping[str, str]
    """Strategy -> why it could not be trained."""
    content: Finding | None = None
    """The best single modality against the tougher of the best click-only model and the model with
    all content shuffled: whether content pays at all. None where there is no single modality, and
    in verdicts of earlier versions."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "ExperimentVerdict":
        """Inverse of `asdict`, as the database keeps it."""
        given = dict(values)
        given["findings"] = tuple(Finding(**f) for f in given["findings"])  # type: ignore[attr-defined]
        given["groups"] = tuple(GroupGain(**g) for g in given["groups"])  # type: ignore[attr-defined]
        given["standings"] = tuple(Standing(**s) for s in given["standings"])  # type: ignore[attr-defined]
        control = given["over_control"]
        given["over_control"] = Finding(**control) if control else None  # type: ignore[arg-type]
        content = given.get("content")
        given["content"] = Finding(**content) if content else None  # type: ignore[arg-type]
        return cls(**given)  # type: ignore[arg-type]


def verdict_of(record: ExperimentRecord) -> ExperimentVerdict | None:
    """None while the experiment goes on."""
    return ExperimentVerdict.from_mapping(record.verdict) if record.verdict else None


def draw_verdict(workspace: Workspace, experiment_id: str) -> ExperimentVerdict:
    """Judge the finished matrix and store the result, with the moment the test was opened: once.
    A verdict that was drawn stands.

    Raises NotFound where a fusion, or every rival of it, has no finished run.
    """
    record = find_experiment(workspace, experiment_id)
    if drawn := verdict_of(record):
        return drawn
    metric = plan_from(record).metric
    rows = strategy_runs(workspace, record)
    best = {role: _best(rows, role, metric) for role in ("fusion", "single", "clicks", "control")}
    fusion, rivals = best["fusion"], [r for r in (best["single"], best["clicks"]) if r]
    if fusion is None or not rivals:
        raise NotFound(
            "Too few runs of this experiment finished to compare anything: "
            + "; ".join(f"{key}: {why}" for key, why in _failed(record).items())
        )
    values = {row.key: _values(workspace, row, metric) for row in (fusion, *rivals)}
    worth = judge(values[fusion.key], {row.key: values[row.key] for row in rivals})
    labels = {row.key: row.label for row in rows}
    content = _content(workspace, rows, best["single"], best["clicks"], metric)
    found = ExperimentVerdict(
        decision=worth.decision,
        sentence=_sentence(worth, fusion.label, labels, metric)
        + _of_content(worth, content, best["single"], labels, metric),
        gain=worth.toughest.relative,
        low=worth.toughest.low,
        high=worth.toughest.high,
        best_fusion=fusion.key,
        best_single=best["single"].key if best["single"] else "",
        best_click_only=best["clicks"].key if best["clicks"] else "",
        findings=tuple(_finding(gain, labels) for gain in worth.gains),
        over_control=_over_control(workspace, rows, fusion, labels, metric),
        groups=_groups(workspace, fusion, values[fusion.key], values[worth.toughest.rival]),
        standings=tuple(_standing(row, metric) for row in rows),
        users=values[fusion.key].shape[1],
        more_users=worth.more_users if worth.decision == "not_shown" else None,
        failed=_failed(record),
        content=_finding(content.toughest, labels) if content else None,
    )
    _store(workspace, record, found)
    return found


@dataclass(frozen=True)
class StrategyRuns:
    """A strategy with its runs, one per seed, all of them finished."""

    key: str
    label: str
    role: str
    runs: tuple[RunRecord, ...]


def strategy_runs(workspace: Workspace, record: ExperimentRecord) -> list[StrategyRuns]:
    """Strategies whose seeds have all finished; trials are not among them."""
    rows = []
    with workspace.database.read() as session:
        for key, cell in record.cells.items():
            runs = cell["runs"]
            assert isinstance(runs, Mapping)
            ids = [run for name, run in runs.items() if name.startswith("seed")]
            found = Runs(session).many(ids)
            if found and "error" not in cell and all(r.state is RunState.DONE for r in found):
                rows.append(StrategyRuns(key, str(cell["label"]), str(cell["role"]), found))
    return rows


def _failed(record: ExperimentRecord) -> dict[str, str]:
    return {k: str(c["error"]) for k, c in record.cells.items() if c.get("error")}


def _best(rows: list[StrategyRuns], role: str, metric: str) -> StrategyRuns | None:
    sign = 1.0 if metric_of(metric)[0].higher_is_better else -1.0
    of_role = [row for row in rows if row.role == role]
    return max(of_role, key=lambda row: sign * _mean(row, "validation", metric), default=None)


def _mean(row: StrategyRuns, split: str, metric: str) -> float:
    return float(np.mean([getattr(run, split)[metric] for run in row.runs]))


def _values(workspace: Workspace, row: StrategyRuns, metric: str) -> Numbers:
    """f64[S, U], more is better. One protocol: every run has the same users in the same order."""
    sign = 1.0 if metric_of(metric)[0].higher_is_better else -1.0
    return np.stack(
        [sign * per_user_values(workspace, run)[1][metric].astype(np.float64) for run in row.runs]
    )


def _content(
    workspace: Workspace,
    rows: list[StrategyRuns],
    single: StrategyRuns | None,
    clicks: StrategyRuns | None,
    metric: str,
) -> Worth | None:
    if single is None:
        return None
    rivals = [row for row in (clicks, _shuffled(rows, single, metric)) if row]
    theirs = {row.key: _values(workspace, row, metric) for row in rivals}
    return judge(_values(workspace, single, metric), theirs) if theirs else None


def _shuffled(rows: list[StrategyRuns], of: StrategyRuns, metric: str) -> StrategyRuns | None:
    """The same kind of model with all content shuffled."""
    model = of.runs[0].model
    own = [row for row in rows if row.key.count("shuffled") > 1 and row.runs[0].model == model]
    return _best(own, "control", metric)


def _finding(gain: Gain, labels: Mapping[str, str]) -> Finding:
    return Finding(
        gain.rival,
        labels[gain.rival],
        gain.relative,
        gain.low,
        gain.high,
        gain.difference.effect_size,
        gain.adjusted_p,
    )


def _over_control(
    workspace: Workspace,
    rows: list[StrategyRuns],
    fusion: StrategyRuns,
    labels: Mapping[str, str],
    metric: str,
) -> Finding | None:
    control = _shuffled(rows, fusion, metric)
    if control is None:
        return None
    worth = judge(
        _values(workspace, fusion, metric), {control.key: _values(workspace, control, metric)}
    )
    return _finding(worth.toughest, labels)


def _groups(
    workspace: Workspace, fusion: StrategyRuns, ours: Numbers, theirs: Numbers
) -> tuple[GroupGain, ...]:
    """Thirds of the people by training interactions."""
    run = fusion.runs[0]
    dataset = open_dataset(workspace, find_dataset(workspace, run.dataset_id))
    users, _ = per_user_values(workspace, run)
    activity = np.bincount(make_split(dataset, run).train.users, minlength=dataset.n_users)[users]
    edges = np.unique(np.quantile(activity, [0, 1 / 3, 2 / 3]).astype(int))
    group = np.searchsorted(edges[1:], activity, side="right")
    difference, base = ours.mean(0) - theirs.mean(0), np.abs(theirs.mean(0))
    found = []
    for place, low in enumerate(edges):
        members = group == place
        high = activity[members].max(initial=low)
        interval = bootstrap_interval(difference[members])
        scale = 1 / base[members].mean() if base[members].any() else math.nan
        name = f"{low}" if low == high else f"{low}–{high}"
        found.append(
            GroupGain(
                f"{name} interactions",
                int(members.sum()),
                interval.value * scale,
                interval.low * scale,
                interval.high * scale,
            )
        )
    return tuple(found)


def _standing(row: StrategyRuns, metric: str) -> Standing:
    tests = [run.metrics[metric] for run in row.runs]
    return Standing(
        row.key,
        row.label,
        row.role,
        _mean(row, "validation", metric),
        float(np.mean(tests)),
        float(np.std(tests, ddof=1)) if len(tests) > 1 else 0.0,
        len(tests),
        float(np.mean([run.seconds for run in row.runs])),
        row.runs[0].parameters,
    )


def _sentence(worth: Worth, fusion: str, labels: Mapping[str, str], metric: str) -> str:
    name = _metric_name(metric)
    gain = worth.toughest
    if worth.decision == "worth_it":
        return (
            f"Fusion is worth it here. {fusion} reaches {_shares(gain)} {name} over "
            f"{labels[gain.rival]}, its toughest rival."
        )
    if worth.decision == "harmful":
        worse = next(g for g in worth.gains if g.reversed)
        return (
            f"Fusion does not pay here. {fusion} stands at {_shares(worse)} {name} against "
            f"{labels[worse.rival]}, which is better beyond chance."
        )
    return (
        f"Fusion is not shown to be worth it here. {fusion} stands at {_shares(gain)} {name} "
        f"against {labels[gain.rival]}: chance cannot be ruled out.{_needed(worth.more_users)}"
    )


def _of_content(
    worth: Worth,
    content: Worth | None,
    single: StrategyRuns | None,
    labels: Mapping[str, str],
    metric: str,
) -> str:
    """Whether one modality is worth having, where fusing several is not shown to be."""
    if worth.decision == "worth_it" or content is None or single is None:
        return ""
    rival = labels[content.toughest.rival]
    if content.decision == "worth_it":
        return (
            f" One modality is worth having: {single.label} reaches {_shares(content.toughest)} "
            f"{_metric_name(metric)} over {rival}, its toughest rival without content."
        )
    return f" That one modality is worth having, over {rival}, is not shown."


def _metric_name(metric: str) -> str:
    stem, k = metric_of(metric)
    return stem.title if k is None else f"{stem.title}@{k}"


def _shares(gain: Gain) -> str:
    """ "+6.1 % [+4.0, +8.3]"."""
    value, low, high = (f"{100 * x:+.1f}" for x in (gain.relative, gain.low, gain.high))
    return f"{value} % [{low}, {high}]".replace("-", "\N{MINUS SIGN}")


def _needed(more_users: int | None) -> str:
    if more_users is None:
        return ""
    if more_users == 0:
        return " The seeds disagree too much; more of them would tell."
    return f" If the gain is real, about {more_users:,} more users would show it."


def _store(workspace: Workspace, record: ExperimentRecord, found: ExperimentVerdict) -> None:
    with workspace.database.write() as session:
        Experiments(session).update(
            record.id,
            verdict=asdict(found),
            opened_at=record.opened_at or datetime.now(UTC),
        )
