import numpy as np
import pytest

from backend.errors import InvalidInput
from backend.retrieval.blend import Channel, blend

ALL = np.ones(4, bool)


def _channel(modality: str, nearness: list[float], weight: float = 1.0) -> Channel:
    return Channel(modality, np.array(nearness, np.float32), ALL, weight)


def test_a_channel_counts_in_standard_deviations() -> None:
    # mean 0, deviation sqrt((1 + 1) / 4) = sqrt(1/2)
    found = blend([_channel("image", [1, -1, 0, 0])])
    assert found.score == pytest.approx([np.sqrt(2), -np.sqrt(2), 0, 0])


def test_scales_do_not_decide_and_weights_do() -> None:
    small, large = _channel("image", [0.01, 0, 0, 0]), _channel("text", [0, 0, 0, 90.0])
    even = blend([small, large]).score
    assert even[0] == pytest.approx(even[3])
    heavier = blend([_channel("image", [0.01, 0, 0, 0], 2.0), large]).score
    assert heavier[0] > heavier[3]


def test_parts_sum_to_the_score_and_two_channels_of_a_modality_join() -> None:
    found = blend([_channel("image", [1, 2, 3, 4]), _channel("image", [4, 3, 2, 1]),
                   _channel("text", [1, 0, 0, 0])])  # fmt: skip
    assert set(found.parts) == {"image", "text"}
    assert sum(found.parts.values()) == pytest.approx(found.score)
    assert found.parts["image"] == pytest.approx(np.zeros(4))


def test_what_is_to_be_avoided_sinks() -> None:
    wanted = _channel("text", [1, 1, 0, 0])
    avoided = _channel("image", [1, 0, 0, 0], -0.5)
    score = blend([wanted, avoided]).score
    assert score.argmax() == 1
    assert score[1] > score[0]


def test_what_an_item_lacks_counts_neither_for_nor_against_it() -> None:
    there = np.array([True, True, True, False])
    found = blend([Channel("image", np.array([3, 2, 1, -9], np.float32), there)])
    assert found.score[3] == 0
    assert found.score[:3] == pytest.approx([np.sqrt(1.5), 0, -np.sqrt(1.5)])
    assert found.known.tolist() == there.tolist()


def test_a_channel_that_tells_nothing_apart_is_silent() -> None:
    assert blend([_channel("image", [0.3] * 4)]).score.tolist() == [0.0] * 4


def test_weights_of_zero_leave_nothing_to_search_by() -> None:
    with pytest.raises(InvalidInput, match="Raise one"):
        blend([_channel("image", [1, 2, 3, 4], 0.0)])
