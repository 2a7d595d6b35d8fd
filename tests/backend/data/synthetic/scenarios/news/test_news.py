import re

import numpy as np
import pandas as pd
import pytest

from backend.data.synthetic.choices import DAY, START
from backend.data.synthetic.generate import scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.scenarios.news.ageing import BEFORE, published
from backend.data.synthetic.scenarios.news.pictures import HEIGHT, SKETCHES, WIDTH, draw_picture
from backend.data.synthetic.scenarios.news.vocabulary import LIGHTS, PRINTS, SCENES, VOCABULARY


def world(**options):
    config = scenario_config("news", {"items": 400, "users": 150} | options)
    scenario = SCENARIOS["news"].cls(config)
    truth = scenario.imagine()
    groups = list(scenario.live(truth))
    table = pd.concat([choices.table(truth) for choices in groups], ignore_index=True)
    table["item"] = truth.item_rows(table.item_id.to_numpy(dtype=str))
    table["user"] = truth.user_rows(table.user_id.to_numpy(dtype=str))
    appeared = published(config.seed, config.items, config.days)
    table["age"] = (table.timestamp - START - appeared[table["item"]]) / DAY
    return truth, table


@pytest.fixture(scope="module")
def usual():
    return world()


def test_stories_appear_evenly_from_two_days_before_the_first_choice():
    moments = np.sort(published(seed=1, items=320, days=30)) / DAY
    assert moments[0] == pytest.approx(-BEFORE, abs=0.2)
    assert moments[-1] == pytest.approx(30, abs=0.2)
    np.testing.assert_allclose(moments, np.linspace(-BEFORE, 30, 320), atol=0.2)


def test_nobody_reads_a_story_before_it_appeared(usual):
    assert usual[1].age.min() >= 0


def test_reads_of_a_story_fall_from_day_to_day(usual):
    # Only stories that were about for at least six days, so that every age was possible.
    table = usual[1]
    old = table[table.timestamp - table.age * DAY < START + 24 * DAY]
    by_day = np.bincount(old.age.astype(int), minlength=8)[:6]
    assert (np.diff(by_day) < 0).all()
    assert by_day[0] > 3 * by_day[3]


def test_without_freshness_old_stories_are_read_like_new_ones():
    old = {f: world(freshness=f)[1].age.mean() for f in (0.0, 0.8, 3.0)}
    assert old[0.0] > 2 * old[0.8]
    assert old[0.8] > old[3.0]


def test_loss_of_appeal_is_the_one_that_was_asked_for():
    # Of two stories of equal liking, one a day older, the odds are exp(-freshness / noise).
    truth, table = world(freshness=0.5, noise=1.0, popularity_skew=0.0, items=2000, users=400)
    liking = truth.utility(table["user"].to_numpy(), table["item"].to_numpy())
    neutral = table[np.abs(liking) < 0.5]
    by_day = np.bincount(neutral.age.astype(int), minlength=8)
    assert by_day[2:5] / by_day[1:4] == pytest.approx(np.exp(-0.5), abs=0.12)


def test_the_given_split_is_one_of_time(usual):
    table = usual[1]
    day = (table.timestamp - START) / DAY
    assert day[table.split == "train"].max() < 24
    assert day[table.split == "validation"].between(24, 27).all()
    assert day[table.split == "test"].min() >= 27
    shares = table.split.value_counts(normalize=True)
    assert [shares[s] for s in ("train", "validation", "test")] == pytest.approx(
        [0.8, 0.1, 0.1], abs=0.03
    )


def test_most_stories_of_the_test_were_never_read_in_training(usual):
    table = usual[1]
    known = set(table.item_id[table.split == "train"])
    assert (~table.item_id[table.split == "test"].isin(known)).mean() > 0.8


def test_taste_decides_among_the_stories_of_the_day(usual):
    truth, table = usual
    users = np.random.default_rng(0).permutation(table["user"].to_numpy())
    items = table["item"].to_numpy()
    chosen = truth.utility(table["user"].to_numpy(), items).mean()
    assert chosen > truth.utility(users, items).mean() + 0.8


def test_every_age_of_reader_has_the_mean_number_of_reads(usual):
    assert np.bincount(usual[1]["user"]).mean() == pytest.approx(30, rel=0.1)


@pytest.mark.parametrize("scene", SKETCHES)
@pytest.mark.parametrize("style", PRINTS)
def test_every_picture_has_the_size_of_a_newspaper_picture(scene, style):
    picture = draw_picture(scene, "dusk", style, np.random.default_rng(0))
    assert picture.size == (WIDTH, HEIGHT)
    assert np.asarray(picture).std() > 15


def test_scenes_lights_and_prints_can_be_told_apart():
    def mean(scene, light, style, take):
        rng = np.random.default_rng([take, len(scene), len(light), len(style)])
        return np.asarray(draw_picture(scene, light, style, rng), dtype=float)

    for light in LIGHTS:  # the light colours every scene alike
        sky = {x: mean("sea", x, "photo", 1)[:60].mean(axis=(0, 1)) for x in LIGHTS}
        seen = mean("forest", light, "photo", 2)[:60].mean(axis=(0, 1))
        assert min(sky, key=lambda x: np.abs(sky[x] - seen).sum()) == light

    def edges(scene, take):  # where a scene has its edges, whatever the light
        picture = mean(scene, LIGHTS[take % 4], "photo", take).mean(axis=2)
        parts = np.abs(np.stack(np.gradient(picture))).reshape(2, 12, 15, 12, 20)
        cells = np.sqrt(parts.mean(axis=(2, 4))).ravel()
        return (cells - cells.mean()) / cells.std()

    known = {scene: np.mean([edges(scene, t) for t in range(8)], axis=0) for scene in SCENES}
    found = [max(known, key=lambda x: known[x] @ edges(s, 9)) == s for s in SCENES]
    assert np.mean(found) > 0.8


def test_texts_name_what_the_picture_shows_only_where_it_is_told_twice():
    def texts(redundancy):
        scenario = SCENARIOS["news"].cls(
            scenario_config("news", {"items": 300, "redundancy": redundancy})
        )
        truth = scenario.imagine()
        table = scenario.describe(truth, np.arange(300))
        return truth, (table["title"] + " " + table["text"]).str.lower().tolist()

    shown = [prop.name for prop in VOCABULARY.properties if prop.modality == "image"]
    truth, silent = texts(0.0)
    _, telling = texts(1.0)
    for row in range(300):
        for name in shown:
            word = re.compile(rf"\b{truth.properties(row)[name]}\b")
            assert not word.search(silent[row])
            assert word.search(telling[row])
