from dataclasses import replace

import numpy as np
import pytest

from backend.figures import explain, theme
from backend.workflows.cards import ItemCard
from backend.workflows.explanation import Explanation, Recovery, RunExplanation, UserExplanation

CARD = ItemCard(
    item_num=0,
    item_id="i",
    title="Shirt",
    text="",
    category="Shirts",
    price=10.0,
    thumbnail=None,
    image=None,
    audio=None,
    video=None,
    attributes={},
    modalities=(),
    missing=(),
    popularity=3,
    added=False,
)
FOUND = Explanation(
    run_id="r",
    label="Fused",
    user_id="u",
    card=CARD,
    rank=1,
    score=1.2,
    baseline=0.5,
    attributions={"image": 0.9, "text": -0.4, "collaborative": 0.2},
    interactions={},
    faithful=True,
    reason="",
    sentence="",
)


def test_waterfall_starts_at_the_baseline_and_ends_at_the_score() -> None:
    bars, baseline, score = explain.waterfall(FOUND).data
    assert bars.y == ("Image", "Text", "Clicks")
    assert bars.base[0] == pytest.approx(0.5)
    assert bars.base[-1] + bars.x[-1] == pytest.approx(1.2)
    assert np.allclose(np.add(bars.base, bars.x)[:-1], bars.base[1:])
    assert (baseline.x, score.x) == ((0.5,), (1.2,))
    assert bars.marker.color == (
        theme.MODALITY_COLOURS["image"],
        theme.MODALITY_COLOURS["text"],
        theme.MODALITY_COLOURS["collaborative"],
    )


def test_what_was_filled_in_is_said() -> None:
    bars, *_ = explain.waterfall(replace(FOUND, imputed=frozenset({"image"}))).data
    assert bars.y == ("Image (imputed)", "Text", "Clicks")


def test_what_is_not_faithful_is_drawn_faded() -> None:
    assert explain.waterfall(FOUND).data[0].opacity == 1.0
    assert explain.waterfall(replace(FOUND, faithful=False)).data[0].opacity < 0.6


def test_shares_show_the_planted_weights_beside_the_recovered() -> None:
    user = UserExplanation(
        "u", {"image": 0.7, "text": 0.2, "collaborative": 0.1}, {"image": 0.6, "text": 0.4}, (), {}
    )
    bars, planted = explain.shares(user).data
    assert dict(zip(bars.y, bars.x, strict=True)) == {
        "Image  70.0 %": 70,
        "Text  20.0 %": 20,
        "Clicks  10.0 %": 10,
    }
    assert dict(zip(planted.y, planted.x, strict=True)) == {
        "Image  70.0 %": 60,
        "Text  20.0 %": 40,
    }
    assert len(explain.shares(replace(user, planted=None)).data) == 1


def test_list_contributions_keep_rank_order_and_escape_titles() -> None:
    user = UserExplanation(
        "u",
        {"image": 1.0},
        None,
        ("First", "<i>Second</i>"),
        {"image": np.array([0.3, 0.1]), "text": np.array([-0.1, 0.2])},
    )
    figure = explain.list_contributions(user)
    assert [trace.name for trace in figure.data] == ["Image", "Text"]
    assert figure.data[0].y == ("1. First", "2. &lt;i&gt;Second&lt;/i&gt;")
    assert figure.layout.barmode == "relative"


def _run(recovery: Recovery | None) -> RunExplanation:
    return RunExplanation(
        "r",
        "Fused",
        ("image", "text"),
        {"image": 0.3, "text": 0.1},
        {"image": np.array([0.7, 0.9]), "text": np.array([0.3, 0.1])},
        recovery,
        "",
    )


def test_distribution_has_a_violin_per_player_in_percent() -> None:
    figure = explain.share_distribution(_run(None))
    assert {v.name: tuple(v.x) for v in figure.data} == {
        "Image": pytest.approx((70, 90)),
        "Text": pytest.approx((30, 10)),
    }


def test_mean_absolute_is_sorted() -> None:
    assert explain.mean_absolute(_run(None)).data[0].y == ("Text  0.100", "Image  0.300")


def test_recovery_plots_planted_against_recovered_with_the_correlation() -> None:
    found = Recovery(0.812, 0.5, np.array([0.1, 0.9]), np.array([0.2, 0.8]), None)
    figure = explain.recovery(found)
    assert "0.812" in figure.layout.title.text
    assert figure.data[1].x == pytest.approx((10, 90))
    assert figure.data[1].y == pytest.approx((20, 80))


def test_every_figure_has_an_empty_case() -> None:
    nobody = UserExplanation("u", {}, None, (), {})
    nothing = replace(_run(None), mean_absolute={}, shares={})
    for figure in (
        explain.waterfall(replace(FOUND, attributions={})),
        explain.shares(nobody),
        explain.list_contributions(nobody),
        explain.share_distribution(nothing),
        explain.mean_absolute(nothing),
        explain.recovery(None),
    ):
        assert not figure.data
        assert len(figure.layout.annotations[0].text) > 10
