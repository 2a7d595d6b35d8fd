"""The gate: whether an attribution has the quality to be shown, measured for each one.

Do the parts add up, has the model learned anything, does deleting and inserting players follow the
shares (in score and in rank), do other baselines, other methods and other seeds name the same lead?
The first check that fails is the reason to withhold it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from torch import Tensor

from backend.explain.evidence import Evidence
from backend.explain.faithfulness import Verdict, called, verdict
from backend.explain.modality_shapley import CoalitionTables
from backend.explain.steadiness import Steadiness, steadiness

CheckName = Literal["sum", "learned", "curves", "baselines", "methods", "seeds"]
CHECKS: Final[tuple[CheckName, ...]] = ("sum", "learned", "curves", "baselines", "methods", "seeds")
LEAST_AGREEMENT: Final = 0.5
"""Share of other items, or of other seeds, that must name the same lead."""
_ROUNDING: Final = -1e-9


@dataclass(frozen=True)
class Check:
    """One measured property; `value` is None where nothing was there to measure, which is no
    failure."""

    name: CheckName
    passed: bool
    value: float | None
    sentence: str


@dataclass(frozen=True)
class Judgement:
    """All checks of one attribution; `reason` is that of the first failure, else what speaks for
    it."""

    faithful: bool
    reason: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Gate:
    """What a run's attributions are judged by. `reference` i64[J]: items that stand for any other;
    `evidence` None: nothing was held out; `others`: the same run from other seeds."""

    tables: CoalitionTables
    reference: Tensor
    evidence: Evidence | None
    others: Sequence[CoalitionTables] = ()

    def judge(self, users: Tensor, items: Tensor) -> tuple[Judgement, ...]:
        """Of N pairs with items of the catalogue: `users`, `items` i64[N]."""
        steady = steadiness(self.tables, users, items, self.reference, self.others)
        pairs = zip(users.tolist(), items.tolist(), strict=True)
        return tuple(
            self._one(verdict(self.tables, user, item), steady, place)
            for place, (user, item) in enumerate(pairs)
        )

    def learned(self, lead: str | None = None) -> Check:
        """Whether the run has learned anything, and what its player `lead` says is part of it."""
        found = self.evidence
        if found is None:
            return Check("learned", True, None, "No choices were held out to test the model on.")
        auc, usual = found.score.auc, found.ignorant
        if not found.learned:
            return Check(
                "learned",
                False,
                auc,
                f"This model tells held-out choices from other items no better (AUC {auc:.2f}) "
                f"than one that has learned nothing ({usual:.2f}), so it has no reasons to give.",
            )
        if lead is not None and not found.supports(lead):
            own = found.players[lead].auc
            return Check(
                "learned",
                False,
                own,
                f"What {called(lead)} adds to scores in this model does not tell held-out choices "
                f"from other items (AUC {own:.2f}; chance is 0.50).",
            )
        return Check(
            "learned",
            True,
            auc,
            f"The model tells held-out choices from other items (AUC {auc:.2f}); one that has "
            f"learned nothing reaches {usual:.2f}.",
        )

    def _one(self, simple: Verdict, steady: Steadiness, place: int) -> Judgement:
        lead = self.tables.players[int(steady.lead[place])]
        checks = (
            Check("sum", simple.faithful, None, simple.reason),
            self.learned(lead),
            _curves(steady, place),
            _baselines(steady, place, called(lead)),
            _methods(steady, place, called(lead)),
            _seeds(steady, place, called(lead), len(self.others)),
        )
        failed = [check.sentence for check in checks if not check.passed]
        return Judgement(not failed, failed[0] if failed else simple.reason, checks)


def _curves(steady: Steadiness, place: int) -> Check:
    score = [float(curve[place]) for curve in steady.score]
    rank = [float(curve[place]) for curve in steady.rank]
    gain = sum(score) / 2
    if min(score) < _ROUNDING:
        told = "Taking sources away by their shares changes the score no faster than by chance."
        return Check("curves", False, gain, told)
    if min(rank) < _ROUNDING:
        told = "Taking sources away by their shares changes the rank no faster than by chance."
        return Check("curves", False, gain, told)
    told = (
        "Taking sources away and adding them by their shares moves score and rank faster than in "
        f"random order, by {gain:.0%} of the score's range."
    )
    return Check("curves", True, gain, told)


def _baselines(steady: Steadiness, place: int, lead: str) -> Check:
    share = float(steady.permuted[place])
    if not bool(steady.against_mean[place]):
        told = f"Compared with an average item instead of with nothing, {lead} no longer leads."
        return Check("baselines", False, share, told)
    told = f"Compared with single other items, {lead} leads against {share:.0%} of them."
    return Check("baselines", share >= LEAST_AGREEMENT, share, told)


def _methods(steady: Steadiness, place: int, lead: str) -> Check:
    alone, without = bool(steady.alone[place]), bool(steady.left_out[place])
    share = (1 + alone + without) / 3
    if not alone:
        told = f"Alone, {lead} is not what the model scores this item highest by."
    elif not without:
        told = f"Left out, {lead} is not what this item would lose most by."
    else:
        told = f"Whether alone, left out or averaged over all combinations, {lead} leads."
    return Check("methods", alone and without, share, told)


def _seeds(steady: Steadiness, place: int, lead: str, others: int) -> Check:
    if steady.seeds is None:
        told = "This run was trained from one seed, so its steadiness over seeds is not known."
        return Check("seeds", True, None, told)
    share = float(steady.seeds[place])
    told = f"{lead.capitalize()} leads in {share:.0%} of {others} runs from other seeds."
    return Check("seeds", share >= LEAST_AGREEMENT, share, told)
