"""The gate on worlds whose answer is known: what was learned is shown, noise is withheld."""

import pytest
import torch

from backend.explain.evidence import Sample, evidence
from backend.explain.gate import Gate, Judgement
from backend.explain.modality_shapley import CoalitionTables
from backend.explain.steadiness import stays
from tests.backend.explain.games import Board

USERS, ITEMS = 30, 80
CHANCE = torch.Generator().manual_seed(0)
TASTE = {m: torch.randn(USERS, ITEMS, generator=CHANCE) for m in ("image", "text")}


def noise(number: int) -> CoalitionTables:
    chance = torch.Generator().manual_seed(100 + number)
    return CoalitionTables(
        Board({m: 3 * torch.randn(USERS, ITEMS, generator=chance) for m in TASTE})
    )


def gate_of(tables: CoalitionTables, others: tuple[CoalitionTables, ...] = ()) -> Gate:
    """People chose the five items that they like best."""
    liked = sum(TASTE.values(), torch.zeros(USERS, ITEMS)).topk(5).indices
    held_out = torch.stack([torch.arange(USERS).repeat_interleave(5), liked.flatten()], 1)
    sample = Sample(torch.arange(USERS), torch.arange(ITEMS), held_out)
    return Gate(tables, sample.items, evidence(tables, sample, noise), others)


def judged(gate: Gate) -> tuple[Judgement, ...]:
    """The heads of all lists."""
    top = gate.tables.embeddings().score(torch.arange(USERS)).topk(5).indices
    return gate.judge(torch.arange(USERS).repeat_interleave(5), top.flatten())


def share(found: tuple[Judgement, ...]) -> float:
    return sum(one.faithful for one in found) / len(found)


def test_an_additive_world_is_shown_and_noise_is_withheld() -> None:
    assert share(judged(gate_of(CoalitionTables(Board(TASTE))))) >= 0.8
    for number in (7, 8, 9):
        found = judged(gate_of(noise(number)))
        assert share(found) <= 0.05
        assert "learned nothing" in found[0].reason


def test_a_source_that_tells_nothing_gives_no_reason_though_the_model_is_good() -> None:
    loud = 4 * torch.randn(USERS, ITEMS, generator=torch.Generator().manual_seed(3))
    found = judged(gate_of(CoalitionTables(Board({**TASTE, "audio": loud}))))
    led = [one for one in found if "audio adds to scores" in one.reason]
    assert len(led) > len(found) / 2
    assert not any(one.faithful for one in led)


def test_parts_that_work_only_together_are_withheld() -> None:
    # Image leads by its share of what image and text are worth together, which neither has alone.
    quiet = {m: 0.1 * values for m, values in TASTE.items()}
    joint = sum(TASTE.values(), torch.zeros(USERS, ITEMS))
    clicks = 0.3 * joint
    tables = CoalitionTables(Board({**quiet, "collaborative": clicks}, {"image+text": joint}))
    found = judged(gate_of(tables))
    assert share(found) < 0.2
    assert any("Alone" in one.reason for one in found)


def test_other_seeds_that_contradict_withhold() -> None:
    swapped = CoalitionTables(Board({"image": TASTE["text"], "text": TASTE["image"]}))
    found = judged(gate_of(CoalitionTables(Board(TASTE)), (swapped, swapped)))
    reasons = [one.reason for one in found if not one.faithful]
    assert any("other seeds" in reason for reason in reasons)
    assert share(found) < share(judged(gate_of(CoalitionTables(Board(TASTE)))))


def test_without_held_out_choices_that_check_is_open() -> None:
    tables = CoalitionTables(Board(TASTE))
    gate = Gate(tables, torch.arange(ITEMS), None)
    (found,) = gate.judge(torch.tensor([0]), torch.tensor([3]))
    learned = next(check for check in found.checks if check.name == "learned")
    assert learned.passed
    assert learned.value is None


def test_a_near_tie_still_leads() -> None:
    phi = torch.tensor([[1.0, 1.1], [0.5, 1.1]])
    assert stays(phi, torch.tensor([0, 0])).tolist() == [True, False]


def test_nobody_is_measured_without_choices() -> None:
    tables = CoalitionTables(Board(TASTE))
    nothing = torch.zeros(0, 2, dtype=torch.long)
    assert evidence(tables, Sample(torch.arange(3), torch.arange(5), nothing), noise) is None


def test_skill_is_the_share_of_other_items_that_a_choice_beats() -> None:
    tables = CoalitionTables(Board({"image": torch.arange(5.0).repeat(2, 1)}))
    held_out = torch.tensor([[0, 4], [1, 0]])
    found = evidence(tables, Sample(torch.arange(2), torch.arange(5), held_out), lambda _: tables)
    assert found is not None
    # The best of five beats four and ties with itself, the worst only ties: .9 and .1.
    assert found.score.auc == pytest.approx((0.9 + 0.1) / 2)
    assert not found.learned
