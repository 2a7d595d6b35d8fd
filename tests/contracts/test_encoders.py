"""What holds for every registered encoder and every modality it reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load, save
from torch import Tensor

from models.config import Config
from models.encoders import ENCODERS, Clip, Content, Encoder, Sound, TrainableEncoder
from models.errors import WeightsUnavailable
from models.modality import Modality

CASES = [
    (entry.name, modality)
    for entry in ENCODERS.entries()
    for modality in sorted(entry.cls.modalities)
]
TEXTS = [
    "red shoe",
    "a long coat of heavy wool with five horn buttons",
    "x",
    "Schuh für Ärzte",
    "?",
]


ATTRIBUTES: list[Content] = [
    {"category": "Shoes", "price": "10", "tags": "red|leather"},
    {"category": "Coats", "price": "99.5", "tags": "wool"},
    {"category": "Shoes"},
    {"price": "20", "tags": "wool|red"},
    {"size": "?"},
]


def _contents(encoder: Encoder) -> list[Content]:
    """Five different things of the kind that the encoder reads."""
    if encoder.reads_given:
        return list(np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32))
    return _RAW[encoder.modality]()


def _pictures() -> list[Content]:
    sizes = [(40, 60), (224, 224), (300, 20), (1, 1), (31, 47)]
    ramp = Image.radial_gradient("L")
    return [
        Image.merge(
            "RGB", [ramp, ramp.rotate(90 * n), ramp.point(lambda v, n=n: v // (n + 1))]
        ).resize(size)
        for n, size in enumerate(sizes)
    ]


def _sounds() -> list[Content]:
    rate = 8000
    times = np.arange(2 * rate) / rate
    tones = [np.sin(2 * np.pi * pitch * times) for pitch in (110, 220, 440, 880)]
    tones.append(np.random.default_rng(0).uniform(-1, 1, rate // 2))
    return [Sound((0.5 * tone).astype(np.float32), rate) for tone in tones]


def _clips() -> list[Content]:
    pictures = _pictures()
    turned = [
        tuple(p.rotate(40 * n).resize((64, 48)) for n in range(4))
        for p in pictures
        if isinstance(p, Image.Image)
    ]
    sounds = [s for s in _sounds() if isinstance(s, Sound)]
    return [
        Clip(frames, 2.0, sound if n % 2 else None)
        for n, (frames, sound) in enumerate(zip(turned, sounds, strict=True))
    ]


_RAW: Mapping[Modality, Callable[[], list[Content]]] = {
    Modality.IMAGE: _pictures,
    Modality.TEXT: lambda: list(TEXTS),
    Modality.AUDIO: _sounds,
    Modality.VIDEO: _clips,
    Modality.ATTRIBUTES: lambda: ATTRIBUTES,
    Modality.REVIEWS: lambda: ["\n".join(["It fits.", text]) for text in TEXTS],
}


class _Forgetful:
    """A checkpoint that keeps nothing."""

    def load(self) -> dict[str, Tensor]:
        return {}

    def save(self, state: Mapping[str, Tensor]) -> None:
        pass


def _fit(encoder: Encoder, seed: int = 0) -> Encoder:
    if isinstance(encoder, TrainableEncoder):
        encoder.fit(_contents(encoder), seed, lambda what, part: None, _Forgetful())
    return encoder


def _tiny(name: str, folder: Path) -> dict[str, object]:
    """Settings for encoders whose default weights would have to be fetched."""
    if name != "open_clip":
        return {}
    import json

    import open_clip
    from safetensors.torch import save_file

    architecture = {
        "embed_dim": 16,
        "vision_cfg": {
            "image_size": 32,
            "layers": 1,
            "width": 32,
            "head_width": 16,
            "patch_size": 8,
        },
        "text_cfg": {
            "context_length": 16,
            "vocab_size": 49408,
            "width": 16,
            "heads": 2,
            "layers": 1,
        },
    }
    (folder / "contract-tiny.json").write_text(json.dumps(architecture))
    open_clip.add_model_config(folder / "contract-tiny.json")
    torch.manual_seed(0)
    network = open_clip.create_model("contract-tiny")
    save_file(network.state_dict(), folder / "tiny.safetensors")
    return {"model": "contract-tiny", "checkpoint": str(folder / "tiny.safetensors")}


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Encoder, Any]]:
    name, modality = request.param
    entry = ENCODERS[name]
    config = entry.config.from_mapping(_tiny(name, tmp_path_factory.mktemp(name)))
    cpu = torch.device("cpu")
    try:
        encoder = _fit(entry.cls(config, modality, cpu))
        yield encoder, lambda: entry.cls(config, modality, cpu)
    except WeightsUnavailable as reason:
        pytest.skip(str(reason))


def test_vectors_have_the_declared_shape(made: tuple[Encoder, Any]) -> None:
    encoder, _ = made
    vectors = encoder.encode(_contents(encoder))
    assert vectors.shape == (5, encoder.dim)
    assert vectors.dtype in ((torch.uint8, torch.int32) if encoder.raw else (torch.float32,))
    assert vectors.device.type == "cpu"
    assert bool(vectors.isfinite().all())
    assert not vectors.requires_grad


def test_different_content_gives_different_vectors(made: tuple[Encoder, Any]) -> None:
    encoder, _ = made
    distances = torch.cdist(*[encoder.encode(_contents(encoder)[:2]).float()] * 2)
    assert float(distances[0, 1]) > 1e-3


def test_what_can_be_differentiated_gives_the_same_vectors_and_a_true_slope(
    made: tuple[Encoder, Any],
) -> None:
    encoder, _ = made
    content = _contents(encoder)[1]
    reading = encoder.reading(content)
    if reading is None:
        pytest.skip("has no steps between which one can differentiate")
    inputs = reading.inputs.clone().requires_grad_()
    vector = reading.vectors(inputs[None])
    whole = encoder.encode([content])
    torch.testing.assert_close(vector.detach(), whole, rtol=1e-4, atol=1e-4)
    assert len(reading.pieces) == (0 if reading.nothing is None else len(inputs))
    if reading.nothing is not None:
        assert reading.nothing.shape == inputs.shape
    (slope,) = torch.autograd.grad(vector.sum(), inputs)
    along = slope / slope.norm()
    step = float(0.02 / slope.norm())
    with torch.no_grad():
        ends = [reading.vectors((inputs + sign * step * along)[None]).sum() for sign in (1, -1)]
    measured = float((ends[0] - ends[1]) / (2 * step))
    assert measured == pytest.approx(float(slope.norm()), rel=0.3)


def test_an_empty_batch_is_empty(made: tuple[Encoder, Any]) -> None:
    encoder, _ = made
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_encoding_is_deterministic_and_does_not_depend_on_the_batch(
    made: tuple[Encoder, Any],
) -> None:
    encoder, make = made
    contents = _contents(encoder)
    whole = encoder.encode(contents)
    assert torch.equal(whole, encoder.encode(contents))
    single = torch.cat([encoder.encode([content]) for content in contents])
    scale = float(whole.abs().max())
    torch.testing.assert_close(single, whole, rtol=0, atol=1e-4 * max(1.0, scale))
    torch.testing.assert_close(_fit(make()).encode(contents), whole, rtol=0, atol=1e-6)


def test_what_was_learned_survives_a_file(made: tuple[Encoder, Any]) -> None:
    encoder, make = made
    if not isinstance(encoder, TrainableEncoder):
        pytest.skip("learns nothing")
    contents = _contents(encoder)
    other = make()
    with pytest.raises(RuntimeError):
        other.encode(contents)
    other.load_state(load(save(encoder.state())))
    assert other.dim == encoder.dim
    assert torch.equal(other.encode(contents), encoder.encode(contents))


def test_learning_is_deterministic(made: tuple[Encoder, Any]) -> None:
    encoder, make = made
    if not isinstance(encoder, TrainableEncoder):
        pytest.skip("learns nothing")
    first, second = encoder.state(), _fit(make()).state()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_fingerprints_are_stable_and_hex(made: tuple[Encoder, Any]) -> None:
    encoder, make = made
    assert encoder.fingerprint() == make().fingerprint()
    assert len(encoder.fingerprint()) == 16
    assert int(encoder.fingerprint(), 16) >= 0


def test_default_settings_are_told() -> None:
    for entry in ENCODERS.entries():
        assert entry.title
        assert entry.summary
        assert isinstance(entry.config(), Config)
        assert replace(entry.config()) == entry.config()
        assert entry.cls.modalities
