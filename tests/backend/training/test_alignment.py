"""Worlds of which the answer is known: both sides show one hidden thing, or have none in common."""

import json
from pathlib import Path

import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from backend.errors import Cancelled, TrainingFailed
from backend.features.align import find_pairs, retrieval, split_pairs
from backend.features.contents import Contents
from backend.training.alignment import Course, embed_heads, fine_tune, learn_heads, refit_heads
from backend.training.checkpoint import save_tensors
from models.alignment import AlignedHeads, FineTuneConfig, HeadsConfig, contrastive_loss
from models.encoders import Content
from models.encoders.open_clip import OpenClip, OpenClipConfig
from models.modality import Modality

CPU = torch.device("cpu")
COUNT = 400
QUICK = HeadsConfig(dim=16, dropout=0.0, epochs=30, batch_size=128, learning_rate=0.01)


def _course(folder: Path, count: int = COUNT, seed: int = 0) -> Course:
    pairs = find_pairs([f"i{n}" for n in range(count)], [f"t{n}" for n in range(count)])
    return Course(pairs, split_pairs(pairs, seed), folder, "key", seed, CPU)


def _world(related: bool) -> tuple[Tensor, Tensor]:
    """Both sides are linear images of one latent, each with an offset and a scale of its own."""
    generator = torch.Generator().manual_seed(7)
    latent = torch.randn(COUNT, 8, generator=generator)
    other = latent if related else torch.randn(COUNT, 8, generator=generator)
    image = latent @ torch.randn(8, 40, generator=generator) * 100 + 300
    text = other @ torch.randn(8, 20, generator=generator) / 50 - 1
    return image, text


def _recall(course: Course, model: AlignedHeads, image: Tensor, text: Tensor) -> float:
    rows = course.split.held_out
    found = retrieval(course.pairs, rows, *embed_heads(model, image[rows], text[rows]))
    return found.text_to_image["recall@10"]


def test_two_views_of_one_thing_find_each_other(tmp_path: Path) -> None:
    course, (image, text) = _course(tmp_path), _world(related=True)
    model, learned = learn_heads(course, image, text, QUICK)
    assert _recall(course, model, image, text) > 0.97
    assert learned.losses[-1] < learned.losses[0] / 3


def test_views_with_nothing_in_common_stay_at_chance(tmp_path: Path) -> None:
    course, (image, text) = _course(tmp_path), _world(related=False)
    model, _ = learn_heads(course, image, text, QUICK)
    chance = 10 / len(course.split.held_out)
    assert abs(_recall(course, model, image, text) - chance) < 0.12


def test_held_out_pairs_teach_nothing(tmp_path: Path) -> None:
    """Whatever stands there, the same heads are learned, and stopped at the same pass."""
    course, (image, text) = _course(tmp_path / "a"), _world(related=True)
    model, learned = learn_heads(course, image, text, QUICK)
    spoiled = image.clone(), text.clone()
    for side in spoiled:
        side[course.split.held_out] = torch.nan
    same, stopped = learn_heads(_course(tmp_path / "b"), *spoiled, QUICK)
    assert stopped == learned
    for name, weights in model.state_dict().items():
        assert torch.equal(weights, same.state_dict()[name]), name


def test_the_refit_learns_from_everything(tmp_path: Path) -> None:
    course, (image, text) = _course(tmp_path), _world(related=True)
    model = refit_heads(course, image, text, QUICK, 5)
    torch.testing.assert_close(model.image.mean, image.mean(0))
    image[course.split.held_out] = torch.nan
    with pytest.raises(TrainingFailed, match="lower learning_rate"):
        refit_heads(_course(tmp_path / "b"), image, text, QUICK, 5)


def test_the_seed_decides_everything(tmp_path: Path) -> None:
    image, text = _world(related=True)
    config = HeadsConfig(dim=16, dropout=0.3, epochs=3, batch_size=128)
    first, again, other = (
        learn_heads(_course(tmp_path / str(n), seed=seed), image, text, config)
        for n, seed in enumerate((1, 1, 2))
    )
    assert first[1] == again[1] != other[1]
    assert torch.equal(first[0].logit_scale, again[0].logit_scale)


def test_learning_that_was_stopped_goes_on_to_the_same_end(tmp_path: Path) -> None:
    image, text = _world(related=True)
    config = HeadsConfig(dim=16, dropout=0.3, epochs=12, batch_size=128, patience=5)
    whole, learned = learn_heads(_course(tmp_path / "a"), image, text, config)

    def stop_at(limit: int) -> None:
        def report(what: str, fraction: float) -> None:
            if fraction >= limit / config.epochs:
                raise Cancelled("Stopped.")

        learn_heads(_course(tmp_path / "b"), image, text, config, report)

    for limit in (3, 4, 8):
        with pytest.raises(Cancelled):
            stop_at(limit)
    passes: list[str] = []
    resumed, end = learn_heads(
        _course(tmp_path / "b"), image, text, config, lambda what, part: passes.append(what)
    )
    assert "pass 9" in passes[0]
    assert end == learned
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, resumed.state_dict()[name]), name


COLOURS = {"red": (220, 30, 30), "green": (30, 200, 60), "blue": (40, 60, 220), "grey": (120,) * 3}
SHAPES = ("stripes", "dots", "plain", "checks", "frame", "cross")


def _drawn(colour: str, shape: str) -> Image.Image:
    place = SHAPES.index(shape)
    picture = Image.new("RGB", (32, 32), COLOURS[colour])
    picture.paste((255, 255, 255), (place * 4, 0, place * 4 + 6, 32))
    picture.paste((0, 0, 0), (0, place * 4, 32, place * 4 + 4))
    return picture


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> OpenClipConfig:
    """An untrained CLIP of a few thousand weights beside its word table."""
    folder = tmp_path_factory.mktemp("tiny")
    vision = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8}
    words = {"context_length": 8, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    architecture = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": words}
    (folder / "align-tiny.json").write_text(json.dumps(architecture))
    open_clip.add_model_config(folder / "align-tiny.json")
    torch.manual_seed(3)
    save_file(open_clip.create_model("align-tiny").state_dict(), folder / "start.safetensors")
    return OpenClipConfig(model="align-tiny", checkpoint=str(folder / "start.safetensors"))


def test_a_fine_tuned_clip_learns_and_is_a_checkpoint_for_the_encoder(
    tiny: OpenClipConfig, tmp_path: Path
) -> None:
    things = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    pictures: dict[str, Content] = {f"i{n}": _drawn(*thing) for n, thing in enumerate(things)}
    texts: dict[str, Content] = {f"t{n}": " ".join(thing) for n, thing in enumerate(things)}
    course = _course(tmp_path, len(things))
    encoders = (OpenClip(tiny, Modality.IMAGE, CPU), OpenClip(tiny, Modality.TEXT, CPU))
    start = _loss(encoders, pictures, texts)
    config = FineTuneConfig(epochs=12, batch_size=24, learning_rate=0.003, patience=12)
    contents = (
        Contents(list(pictures), pictures.__getitem__),
        Contents(list(texts), texts.__getitem__),
    )
    learned = fine_tune(course, encoders, contents, config)
    assert learned.losses[-1] < learned.losses[0] - 0.5
    path = tmp_path / "tuned.safetensors"
    save_tensors(path, encoders[0].network.state_dict(), encoders[0].checkpoint_metadata())
    tuned = OpenClipConfig(model="align-tiny", checkpoint=str(path))
    read = (OpenClip(tuned, Modality.IMAGE, CPU), OpenClip(tuned, Modality.TEXT, CPU))
    assert _loss(read, pictures, texts) < start - 0.3
    torch.testing.assert_close(
        read[0].encode(list(pictures.values())), encoders[0].encode(list(pictures.values()))
    )
    assert read[0].fingerprint() != encoders[0].fingerprint()


def _loss(
    encoders: tuple[OpenClip, OpenClip], pictures: dict[str, Content], texts: dict[str, Content]
) -> float:
    sides = zip(encoders, (pictures, texts), strict=True)
    image, text = (
        torch.nn.functional.normalize(encoder.encode(list(held.values())), dim=1)
        for encoder, held in sides
    )
    return float(contrastive_loss(image, text, torch.tensor(10.0)))
