from dataclasses import replace

import torch

from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData
from models.recommenders._content import ContentInput

ITEMS, WIDTH = 40, 10


def data(values: torch.Tensor, present: torch.Tensor | None = None) -> TrainingData:
    here = torch.ones(len(values), dtype=torch.bool) if present is None else present
    none = torch.empty(0, dtype=torch.int64)
    table = FeatureTable(values * here.unsqueeze(1), here)
    return TrainingData(1, len(values), none, none, torch.empty(0), {Modality.IMAGE: table})


def random_values(seed: int = 0) -> torch.Tensor:
    return torch.randn(ITEMS, WIDTH, generator=torch.Generator().manual_seed(seed))


def table(values: torch.Tensor, dim: int = 0, present: torch.Tensor | None = None) -> torch.Tensor:
    return ContentInput(data(values, present), dim).table(Modality.IMAGE)


def _cosines(rows: torch.Tensor) -> torch.Tensor:
    unit = torch.nn.functional.normalize(rows, dim=1)
    return unit @ unit.T


def test_scale_and_common_direction_do_not_matter():
    values = random_values()
    torch.testing.assert_close(table(values), table(1e4 * values + 300.0), atol=2e-3, rtol=1e-3)


def test_mean_square_is_one_per_dimension():
    for dim in (0, 4):
        assert abs(float(table(random_values(), dim).square().mean()) - 1) < 1e-5


def test_all_principal_directions_keep_every_cosine():
    whole, rotated = table(random_values()), table(random_values(), WIDTH)
    torch.testing.assert_close(whole @ whole.T, rotated @ rotated.T, atol=1e-4, rtol=1e-4)


def test_the_leading_directions_are_kept():
    values = random_values() * torch.tensor([9.0, 8.0] + [0.01] * (WIDTH - 2))
    reduced, whole = table(values, 2), table(values)
    cosine = torch.nn.functional.cosine_similarity
    torch.testing.assert_close(
        cosine(reduced[:-1], reduced[1:]), cosine(whole[:-1], whole[1:]), atol=1e-3, rtol=1e-3
    )


def test_wide_features_of_few_items_keep_the_same_directions():
    wide = torch.randn(ITEMS, 3 * ITEMS, generator=torch.Generator().manual_seed(1))
    reduced, whole = table(wide, ITEMS), table(wide)
    torch.testing.assert_close(
        _cosines(reduced),
        _cosines(whole),
        atol=1e-4,
        rtol=1e-4,
    )
    assert table(wide, ITEMS + 5).shape == (ITEMS, ITEMS + 5)
    assert not table(wide, ITEMS + 5)[:, ITEMS:].any()


def test_constant_features_become_zero():
    assert torch.equal(table(torch.full((ITEMS, WIDTH), 3.7)), torch.zeros(ITEMS, WIDTH))


def test_absent_items_are_zero_and_do_not_shift_the_others():
    present = torch.arange(ITEMS) < 30
    found = table(random_values(), 0, present)
    assert torch.equal(found[30:], torch.zeros(10, WIDTH))
    torch.testing.assert_close(found[:30], table(random_values()[:30]))


def test_new_items_pass_through_the_same_map():
    source = data(random_values())
    content = ContentInput(source, 4)
    again = content.project(Modality.IMAGE, source.features[Modality.IMAGE])
    torch.testing.assert_close(again, content.table(Modality.IMAGE))


def test_tables_follow_a_loaded_state():
    one, other = ContentInput(data(random_values(1)), 4), ContentInput(data(random_values(2)), 4)
    other.load_state_dict(one.state_dict())
    expected = one.project(Modality.IMAGE, data(random_values(2)).features[Modality.IMAGE])
    torch.testing.assert_close(other.table(Modality.IMAGE), expected)


def test_nothing_present_is_all_zero():
    nobody = torch.zeros(ITEMS, dtype=torch.bool)
    assert torch.equal(table(random_values(), 4, nobody), torch.zeros(ITEMS, 4))


def test_select_hides_modalities_outside_the_coalition():
    both = data(random_values())
    text = FeatureTable(random_values(5), torch.arange(ITEMS) % 2 == 0)
    content = ContentInput(replace(both, features={**both.features, Modality.TEXT: text}), 4)
    assert torch.equal(content.select(None), content.present)
    assert content.select(frozenset({"image"})).sum(0).tolist() == [ITEMS, 0]
    assert content.select(frozenset({"collaborative"})).sum().item() == 0
