from dataclasses import replace

import pytest

from backend.evaluation.suspicion import Figures, suspicions

EASE = Figures("e", "EASE", "ease", "ease", 0.1, {"ndcg@20": 0.1, "mrr@20": 0.2}, False, True)
FUSED = Figures(
    "f", "Fused", "fused", "fused 0", 0.12, {"ndcg@20": 0.12, "mrr@20": 0.3}, False, False
)


def _kinds(*runs: Figures, **known: object) -> list[str]:
    return [s.kind for s in suspicions(runs, **known)]  # type: ignore[arg-type]


def test_honest_numbers_raise_nothing() -> None:
    seeds = [
        replace(FUSED, run_id=f"f{n}", story=f"fused {n}", value=0.12 + n / 1000) for n in (1, 2)
    ]
    other = [replace(run, metrics={"ndcg@20": run.value, "mrr@20": 0.3}) for run in seeds]
    assert _kinds(EASE, *other, oracle=0.2) == []


def test_a_collapsed_run_is_named() -> None:
    (found,) = suspicions([EASE, replace(FUSED, collapsed=True)])
    assert (found.kind, found.run_ids) == ("collapsed", ("f",))
    assert found.sentence.startswith("Fused does not order its lists")


def test_equal_figures_of_different_runs() -> None:
    twin = replace(FUSED, run_id="g", label="Gated", strategy="gated", story="gated 0")
    (found,) = suspicions([EASE, FUSED, twin])
    assert (found.kind, found.run_ids) == ("identical", ("f", "g"))
    assert _kinds(EASE, FUSED, replace(FUSED, run_id="again")) == []


def test_nobody_beats_the_truth() -> None:
    assert _kinds(EASE, replace(FUSED, value=0.14), oracle=0.13) == ["beyond_oracle"]
    assert _kinds(EASE, replace(FUSED, value=0.135), oracle=0.13) == []


@pytest.mark.parametrize(("value", "found"), [(0.29, []), (0.31, ["far_above_clicks"])])
def test_three_times_the_best_model_of_clicks(value: float, found: list[str]) -> None:
    run = replace(FUSED, value=value)
    assert _kinds(EASE, run) == found
    assert _kinds(EASE, run, compare_clicks=False) == []


def test_a_gap_smaller_than_what_seeds_differ_by() -> None:
    late = [
        replace(FUSED, run_id=f"l{n}", story=f"fused {n}", value=value, metrics={"ndcg@20": value})
        for n, value in enumerate((0.120, 0.130))
    ]
    gated = replace(
        FUSED, run_id="g", strategy="gated", story="g", value=0.122, metrics={"a": 0.122}
    )
    (found,) = suspicions([EASE, *late, gated])
    assert (found.kind, found.run_ids) == ("below_noise", ("l0", "g"))
    assert _kinds(EASE, *late, replace(gated, value=0.110)) == []
