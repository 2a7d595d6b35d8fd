import re

import av
import numpy as np
import pandas as pd
import pytest

from backend.data.synthetic.generate import generate, load_truth, scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.scenarios.video.clips import write_clip
from backend.data.synthetic.scenarios.video.frames import FPS, FRAMES, SIDE, film
from backend.data.synthetic.scenarios.video.sounds import RATE, SECONDS, play

SMALL = {"items": 20, "users": 20, "interactions_per_user": 8, "muted": 0.2, "missing_text": 0.1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips") / "video"
    generate(scenario_config("video", SMALL), folder)
    return folder


def decoded(path):
    """Frames u8[N, H, W, 3] and sound f32[T] or None."""
    with av.open(str(path)) as clip:
        frames = np.stack([f.to_ndarray(format="rgb24") for f in clip.decode(video=0)])
    with av.open(str(path)) as clip:
        if not clip.streams.audio:
            return frames, None
        return frames, np.concatenate([f.to_ndarray()[0] for f in clip.decode(audio=0)])


def test_a_clip_comes_back_as_it_was_written(tmp_path):
    frames = film("falling", "neon", np.random.default_rng(0))
    sound = play("brass", "walking", np.random.default_rng(0))
    write_clip(tmp_path / "clip.mp4", frames, FPS, sound, RATE)
    seen, heard = decoded(tmp_path / "clip.mp4")
    assert seen.shape == (FRAMES, SIDE, SIDE, 3)
    assert np.abs(seen.astype(float) - np.stack(frames)).mean() < 12
    assert len(heard) == pytest.approx(SECONDS * RATE, rel=0.05)
    strongest = np.abs(np.fft.rfft(sound)).argmax() / len(sound)
    assert np.abs(np.fft.rfft(heard)).argmax() / len(heard) == pytest.approx(strongest, rel=0.01)


def test_equal_input_gives_equal_bytes_at_a_small_size(tmp_path):
    frames = film("bursting", "candy", np.random.default_rng(0))
    sound = play("harp", "running", np.random.default_rng(0))
    for name in ("one.mp4", "two.mp4"):
        write_clip(tmp_path / name, frames, FPS, sound, RATE)
    first = (tmp_path / "one.mp4").read_bytes()
    assert first == (tmp_path / "two.mp4").read_bytes()
    assert 5_000 < len(first) < 80_000


def test_muted_clips_have_no_sound_and_the_others_have_one(folder):
    truth = load_truth(folder)
    heard = truth.catalogue.present[:, 0]
    assert (~heard).sum() == 4
    for row, item in enumerate(truth.item_ids):
        assert (decoded(folder / "video" / f"{item}.mp4")[1] is not None) == heard[row]


def test_the_table_names_every_clip_and_leaves_untold_texts_empty(folder):
    items = pd.read_csv(folder / "items.csv", keep_default_na=False)
    assert [*items.columns] == ["item_id", "title", "text", "category", "video", "maker"]
    assert set(items.video) == {f"video/{path.name}" for path in (folder / "video").iterdir()}
    assert (items.title == "").sum() == (items.text == "").sum() == 2


@pytest.mark.parametrize(("unique", "weights"), [("audio", (1, 0, 0)), ("video", (0, 1, 0))])
def test_worlds_in_which_only_one_modality_carries_taste(unique, weights):
    config = scenario_config("video", {"unique": unique, "synergy": 0})
    truth = SCENARIOS["video"].cls(config).imagine()
    assert truth.plan.weights == weights
    np.testing.assert_allclose(truth.tastes.strength, [[*weights, 0, 0]] * len(truth.user_ids))


def test_most_held_out_choices_are_of_cold_clips_in_the_default_world():
    config = scenario_config("video", {})
    scenario = SCENARIOS["video"].cls(config)
    truth = scenario.imagine()
    choices = list(scenario.live(truth))
    items = np.concatenate([c.items for c in choices])
    splits = np.concatenate([c.splits for c in choices])
    assert truth.catalogue.cold[items[splits == "test"]].mean() > 0.6
    warm = np.bincount(items[splits == "train"], minlength=config.items)[~truth.catalogue.cold]
    assert 5 < np.median(warm) < 15


def test_the_caption_names_what_is_heard_and_seen_only_where_it_is_told_twice():
    def captions(redundancy):
        options = {"items": 200, "redundancy": redundancy, "missing_text": 0}
        scenario = SCENARIOS["video"].cls(scenario_config("video", options))
        truth = scenario.imagine()
        table = scenario.describe(truth, np.arange(200))
        return truth, (table["title"] + " " + table["text"]).tolist()

    truth, silent = captions(0.0)
    _, telling = captions(1.0)
    for row in range(200):
        properties = truth.properties(row)
        for name in ("timbre", "rhythm", "motion", "palette"):
            word = re.compile(rf"\b{properties[name]}\b")
            assert not word.search(silent[row].lower())
            assert word.search(telling[row].lower())
