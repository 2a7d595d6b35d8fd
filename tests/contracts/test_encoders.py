"""What holds for every registered encoder and every modality it reads."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from models.config import Config
from models.encoders import ENCODERS, Content, Encoder
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


def _contents(modality: Modality) -> list[Content]:
    if modality is not Modality.IMAGE:
        return list(TEXTS)
    sizes = [(40, 60), (224, 224), (300, 20), (1, 1), (31, 47)]
    ramp = Image.radial_gradient("L")
    return [
        Image.merge(
            "RGB", [ramp, ramp.rotate(90 * n), ramp.point(lambda v, n=n: v // (n + 1))]
        ).resize(size)
        for n, size in enumerate(sizes)
    ]


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
        yield entry.cls(config, modality, cpu), lambda: entry.cls(config, modality, cpu)
    except WeightsUnavailable as reason:
        pytest.skip(str(reason))


def test_vectors_have_the_declared_shape(made: tuple[Encoder, Any]) -> None:
    encoder, _ = made
    vectors = encoder.encode(_contents(encoder.modality))
    assert vectors.shape == (5, encoder.dim)
    assert vectors.dtype == torch.float32
    assert vectors.device.type == "cpu"
    assert bool(vectors.isfinite().all())
    assert not vectors.requires_grad


def test_different_content_gives_different_vectors(made: tuple[Encoder, Any]) -> None:
    encoder, _ = made
    distances = torch.cdist(*[encoder.encode(_contents(encoder.modality)[:2])] * 2)
    assert float(distances[0, 1]) > 1e-3


def test_an_empty_batch_is_empty(made: tuple[Encoder, Any]) -> None:
    encoder, _ = made
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_encoding_is_deterministic_and_does_not_depend_on_the_batch(
    made: tuple[Encoder, Any],
) -> None:
    encoder, make = made
    contents = _contents(encoder.modality)
    whole = encoder.encode(contents)
    assert torch.equal(whole, encoder.encode(contents))
    single = torch.cat([encoder.encode([content]) for content in contents])
    scale = float(whole.abs().max())
    torch.testing.assert_close(single, whole, rtol=0, atol=1e-4 * max(1.0, scale))
    torch.testing.assert_close(make().encode(contents), whole, rtol=0, atol=1e-6)


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
