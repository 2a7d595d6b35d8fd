import pytest
import torch

from backend.errors import InvalidInput
from backend.features.controls import control_table, controlled
from backend.schema import Modality
from models.recommenders import FeatureTable


def _table(count: int = 400) -> FeatureTable:
    values = torch.randn(count, 5, generator=torch.Generator().manual_seed(1)) * 3 + 7
    present = torch.arange(count) % 4 != 0
    return FeatureTable(torch.where(present[:, None], values, 0.0), present)


def test_shuffled_gives_every_vector_to_another_item() -> None:
    table = _table()
    found = control_table(table, "shuffled", "image", 3)
    assert torch.equal(found.present, table.present)
    here = table.present
    assert not (found.values[here] == table.values[here]).all(1).any()
    assert not found.values[~here].any()
    ordered = [t[here][t[here][:, 0].argsort()] for t in (found.values, table.values)]
    assert torch.equal(*ordered)


def test_noise_keeps_the_scale_only() -> None:
    table = _table(4000)
    found = control_table(table, "noise", "image", 3)
    here = table.present
    assert torch.equal(found.present, here)
    assert not found.values[~here].any()
    torch.testing.assert_close(
        found.values[here].mean(0), table.values[here].mean(0), atol=0.3, rtol=0
    )
    torch.testing.assert_close(
        found.values[here].std(0), table.values[here].std(0), atol=0.3, rtol=0
    )
    both = torch.cat([found.values[here].T, table.values[here].T])
    assert float(torch.corrcoef(both)[:5, 5:].abs().max()) < 0.1


@pytest.mark.parametrize("control", ["shuffled", "noise"])
def test_a_control_follows_from_seed_and_modality(control: str) -> None:
    table = _table()
    first = control_table(table, control, "image", 3).values
    assert torch.equal(first, control_table(table, control, "image", 3).values)
    assert not torch.equal(first, control_table(table, control, "image", 4).values)
    assert not torch.equal(first, control_table(table, control, "text", 3).values)


def test_only_the_named_modalities_are_touched() -> None:
    tables = {Modality.IMAGE: _table(), Modality.AUDIO: _table()}
    found = controlled(tables, {"audio": "shuffled"}, 0)
    assert found[Modality.IMAGE] is tables[Modality.IMAGE]
    assert not torch.equal(found[Modality.AUDIO].values, tables[Modality.AUDIO].values)


def test_few_items() -> None:
    for count in (0, 1):
        table = FeatureTable(torch.ones(count, 2), torch.ones(count, dtype=torch.bool))
        assert control_table(table, "shuffled", "image", 0).values.shape == (count, 2)
        assert bool(control_table(table, "noise", "image", 0).values.isfinite().all())


def test_an_unknown_control_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="shuffled, noise"):
        control_table(_table(), "shufled", "image", 0)
