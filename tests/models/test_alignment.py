import math

import pytest
import torch

from models.alignment import (
    AlignedHeads,
    FineTuneConfig,
    HeadsConfig,
    contrastive_loss,
    parameter_groups,
)
from models.errors import ConfigError
from models.modality import Modality


def test_the_loss_is_the_mean_of_both_directions() -> None:
    image = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    text = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    scale = torch.tensor(2.0)
    # cosines times 2: rows are pictures, columns texts
    #   2.0  1.2
    #   0.0  1.6
    by_picture = (math.log(math.e**2 + math.e**1.2) - 2 + math.log(1 + math.e**1.6) - 1.6) / 2
    by_text = (math.log(math.e**2 + 1) - 2 + math.log(math.e**1.2 + math.e**1.6) - 1.6) / 2
    found = contrastive_loss(image, text, scale)
    assert float(found) == pytest.approx((by_picture + by_text) / 2, abs=1e-6)


@pytest.mark.parametrize("hidden", [0, 7])
def test_heads_give_vectors_of_length_one_whatever_the_scale(hidden: int) -> None:
    torch.manual_seed(0)
    heads = AlignedHeads(5, 3, HeadsConfig(dim=4, hidden=hidden, temperature=0.1)).eval()
    image, text = torch.randn(6, 5) * 1000 + 50, torch.randn(6, 3) / 1000
    heads.centre(image, text)
    found_image, found_text, scale = heads(image, text)
    assert found_image.shape == found_text.shape == (6, 4)
    torch.testing.assert_close(found_image.norm(dim=1), torch.ones(6))
    torch.testing.assert_close(found_text.norm(dim=1), torch.ones(6))
    assert float(scale.detach()) == pytest.approx(10)
    torch.testing.assert_close(heads.side(Modality.TEXT)(text), found_text)
    # what all share says nothing about any of them
    heads.centre(image + 7, text)
    torch.testing.assert_close(heads(image + 7, text)[0], found_image, rtol=0, atol=1e-3)


def test_biases_and_temperature_do_not_decay() -> None:
    heads = AlignedHeads(5, 3, HeadsConfig(dim=4))
    decaying, bare = parameter_groups(heads, 0.5)
    assert decaying["weight_decay"] == 0.5
    assert bare["weight_decay"] == 0.0
    assert isinstance(bare["params"], list)
    assert any(p is heads.logit_scale for p in bare["params"])


def test_a_whole_network_learns_in_smaller_steps_than_heads() -> None:
    assert FineTuneConfig().learning_rate < HeadsConfig().learning_rate / 10
    with pytest.raises(ConfigError, match="Did you mean 'dropout'"):
        HeadsConfig.from_mapping({"dropuot": 0.1})
