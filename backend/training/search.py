"""Settings to try: the same number of trials for every strategy, the first of them the defaults.

Optuna (Akiba et al. 2019, https://arxiv.org/abs/1907.10902) proposes and prunes. It keeps nothing:
its study is rebuilt from the trials that the caller stored, and its randomness follows from the
seed and the trial's number, so that a search that was interrupted proposes what it would have.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from backend.training.seeds import derived_seed
from models.config import Setting

Pruning = Literal["median", "halving", "none"]
PRUNINGS: Final[tuple[Pruning, ...]] = ("median", "halving", "none")
"""A trial ends early where it is below the median of the others at the same epoch; where it is not
in the better half at epoch 4, 8, 16, ...; never."""
_REACH: Final = 4.0
"""Without a range of its own a setting is tried from a quarter to four times its default."""
_ZERO_REACH: Final = 0.5
"""Shares whose default is zero are tried from zero to this, or to their upper bound."""
_LOG_FROM: Final = 8.0
"""Ranges whose upper end is so many times the lower one are searched evenly on a log scale."""
_STARTUP: Final = 5
"""Trials drawn at random before the sampler learns, and finished before any is pruned."""
_WARM_UP: Final = 2
"""Evaluations that every trial is granted."""

_EXPLAINABLE: Final = 4
"""Finished trials from which the importance of settings can be told."""
_STATES: Final = {
    "done": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}

logging.getLogger("optuna").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Dimension:
    """A setting that is searched, from `low` to `high` inclusive; whole numbers where `whole`."""

    name: str
    default: float
    low: float
    high: float
    whole: bool

    @property
    def log(self) -> bool:
        """Whether steps are factors."""
        return self.low > 0 and self.high >= _LOG_FROM * self.low


@dataclass(frozen=True)
class Tried:
    """A trial that has ended. `curve`: epoch -> validation figure; `value` its best, None where it
    has none."""

    number: int
    settings: Mapping[str, float]
    state: Literal["done", "pruned", "failed"]
    curve: Mapping[int, float] = field(default_factory=dict)
    value: float | None = None


def search_space(
    specs: Iterable[Setting], defaults: Mapping[str, object], fixed: Iterable[str] = ()
) -> tuple[Dimension, ...]:
    """What is searched: settings that declare a range, and decimal ones that are not for experts.

    `defaults` are those of the model, which may differ from the specs'; `fixed` were chosen by a
    person. Widths and numbers of epochs declare no range: changing them would change the budget
    that strategies share.
    """
    chosen = set(fixed)
    found = [_dimension(s, float(str(defaults[s.name]))) for s in specs if _searched(s, chosen)]
    return tuple(dimension for dimension in found if dimension.low < dimension.high)


class Search:
    """The trials of one strategy, one after the other: `begin`, `hopeless` per epoch, `end`."""

    def __init__(
        self,
        space: Sequence[Dimension],
        tried: Iterable[Tried] = (),
        *,
        higher_is_better: bool,
        pruning: Pruning = "median",
        seed: int = 0,
    ) -> None:
        """`tried` are lived through again, so that the search knows what it knew."""
        self._space, self._seed = tuple(space), seed
        self._distributions = {d.name: _distribution(d) for d in space}
        self._study = optuna.create_study(
            direction="maximize" if higher_is_better else "minimize", pruner=_pruner(pruning)
        )
        for trial in tried:
            if set(trial.settings) == set(self._distributions):
                self.begin(trial.number, trial.settings)
                for epoch, value in sorted(trial.curve.items()):
                    self.hopeless(epoch, value)
                self.end(trial)

    def begin(self, number: int, settings: Mapping[str, float] | None = None) -> dict[str, float]:
        """The settings of trial 0 (the defaults), 1, 2, ...; `settings` where it was begun before.

        Equal trials before it and equal seeds give equal settings.
        """
        if settings is None and number == 0:
            settings = {d.name: d.default for d in self._space}
        if settings is not None:
            self._study.enqueue_trial(dict(settings))
        self._study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=_STARTUP, seed=derived_seed(self._seed, number, "trial") % 2**32
        )
        self._trial = self._study.ask(self._distributions)
        whole = {d.name for d in self._space if d.whole}
        found = self._trial.params
        return {name: int(v) if name in whole else float(v) for name, v in found.items()}

    def hopeless(self, epoch: int, value: float) -> bool:
        """Note a validation figure of the trial; whether it is better ended now."""
        self._trial.report(value, epoch)
        known = self._study.get_trials(deepcopy=False)[self._trial.number].intermediate_values
        return len(known) > _WARM_UP and self._trial.should_prune()

    def end(self, tried: Tried) -> None:
        """How the trial that was begun last has ended."""
        state = tried.state if tried.value is not None else "failed"
        self._study.tell(
            self._trial, tried.value if state == "done" else None, state=_STATES[state]
        )

    def importance(self) -> dict[str, float]:
        """Each setting's share of how much the figure varied over the finished trials, largest
        first (fANOVA, Hutter et al. 2014, https://proceedings.mlr.press/v32/hutter14.html); empty
        where fewer than four were finished or all gave one figure."""
        done = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(done) < _EXPLAINABLE or len({trial.value for trial in done}) == 1:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=self._seed)
        shares = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: float(share) for name, share in shares.items()}


def best_trial(tried: Iterable[Tried], higher_is_better: bool) -> Tried | None:
    """The finished trial with the best figure, the earliest of equal ones; None without any."""
    done = [trial for trial in tried if trial.state == "done" and trial.value is not None]
    sign = -1.0 if higher_is_better else 1.0
    return min(done, key=lambda trial: (sign * (trial.value or 0.0), trial.number), default=None)


def _searched(spec: Setting, fixed: set[str]) -> bool:
    if spec.name in fixed or spec.search is False or spec.type not in (int, float):
        return False
    return isinstance(spec.search, tuple) or (spec.type is float and not spec.expert)


def _dimension(spec: Setting, default: float) -> Dimension:
    whole = spec.type is int
    if isinstance(spec.search, tuple):
        return Dimension(spec.name, default, *spec.search, whole)
    low = -float("inf") if spec.low is None else spec.low
    high = float("inf") if spec.high is None else spec.high
    if default <= 0:
        return Dimension(spec.name, default, max(low, 0.0), min(high, _ZERO_REACH), whole)
    low, high = max(low, default / _REACH), min(high, default * _REACH)
    return Dimension(spec.name, default, low, high, whole)


def _distribution(dimension: Dimension) -> BaseDistribution:
    if dimension.whole:
        return IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
    return FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def _pruner(pruning: Pruning) -> optuna.pruners.BasePruner:
    if pruning == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=_STARTUP)
    if pruning == "halving":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=4, reduction_factor=2)
    return optuna.pruners.NopPruner()
