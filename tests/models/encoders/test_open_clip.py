import json
import pickle
import socket
from pathlib import Path

import huggingface_hub
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from models.encoders.open_clip import OpenClip, OpenClipConfig
from models.errors import ConfigError, WeightsUnavailable
from models.modality import Modality

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the random weights of a registered architecture `unit-tiny`."""
    folder = tmp_path_factory.mktemp("tiny")
    architecture = {
        "embed_dim": 8,
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
    (folder / "unit-tiny.json").write_text(json.dumps(architecture))
    open_clip.add_model_config(folder / "unit-tiny.json")
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = open_clip.create_model("unit-tiny").state_dict()
        save_file(state, folder / f"{seed}.safetensors")
        torch.save(state, folder / f"{seed}.pt")
    return folder


def _config(path: Path) -> OpenClipConfig:
    return OpenClipConfig(model="unit-tiny", checkpoint=str(path))


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
    """An empty cache and no network; what was tried."""
    tried: list[object] = []

    def refuse(address: object, *rest: object, **more: object) -> None:
        tried.append(address)
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *a, **k: None)
    return tried


def test_it_gives_what_open_clip_gives(tiny: Path) -> None:
    network, _, transform = open_clip.create_model_and_transforms(
        "unit-tiny", pretrained=str(tiny / "1.safetensors")
    )
    network.eval()
    picture = Image.radial_gradient("L").convert("RGB")
    with torch.no_grad():
        image = network.encode_image(transform(picture)[None])
        text = network.encode_text(open_clip.get_tokenizer("unit-tiny")(["a coat"]))
    config = _config(tiny / "1.safetensors")
    torch.testing.assert_close(OpenClip(config, Modality.IMAGE, CPU).encode([picture]), image)
    torch.testing.assert_close(OpenClip(config, Modality.TEXT, CPU).encode(["a coat"]), text)


def test_weights_and_modality_decide_the_fingerprint(tiny: Path) -> None:
    prints = {
        OpenClip(_config(tiny / name), modality, CPU).fingerprint()
        for name in ("1.safetensors", "2.safetensors")
        for modality in (Modality.IMAGE, Modality.TEXT)
    }
    assert len(prints) == 4


def test_a_torch_checkpoint_is_read_without_pickled_code(tiny: Path) -> None:
    plain = OpenClip(_config(tiny / "1.pt"), Modality.TEXT, CPU).encode(["coat"])
    safe = OpenClip(_config(tiny / "1.safetensors"), Modality.TEXT, CPU).encode(["coat"])
    assert torch.equal(plain, safe)


class _Evil:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.marker,)


def test_an_evil_checkpoint_runs_nothing(tiny: Path, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(_Evil(marker)))
    torch.save({"x": _Evil(marker)}, tmp_path / "evil2.pt")
    for name in ("evil.pt", "evil2.pt"):
        with pytest.raises(WeightsUnavailable, match="does not hold the weights"):
            OpenClip(_config(tmp_path / name), Modality.TEXT, CPU).encode(["coat"])
    assert not marker.exists()
    pickle.loads((tmp_path / "evil.pt").read_bytes())
    assert marker.exists(), "the checkpoint was not evil enough to prove anything"


def test_weights_of_another_model_are_refused(tiny: Path, tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(WeightsUnavailable, match="unit-tiny"):
        OpenClip(_config(tmp_path / "other.safetensors"), Modality.IMAGE, CPU).encode(
            [Image.new("RGB", (9, 9))]
        )


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"model": "ViT-B-33"}, "ViT-B-32"),
        ({"model": "local-dir:/tmp"}, "Known|mean"),
        ({"pretrained": "laion2b_s34b_b79"}, "laion2b_s34b_b79k"),
        ({"checkpoint": "model.pkl"}, "safetensors"),
    ],
)
def test_typos_name_the_nearest(settings: dict[str, object], hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        OpenClip(OpenClipConfig.from_mapping(settings), Modality.IMAGE, CPU)


def test_without_weights_one_sentence_names_the_alternatives(no_network: list[object]) -> None:
    with pytest.raises(WeightsUnavailable, match=r"checkpoint=PATH.*efficientnet.*minilm"):
        OpenClip(OpenClipConfig(), Modality.IMAGE, CPU)
    assert len(no_network) == 1


def test_a_missing_checkpoint_asks_no_network(no_network: list[object]) -> None:
    config = OpenClipConfig(checkpoint="/nowhere/model.safetensors")
    with pytest.raises(WeightsUnavailable, match="Correct the path"):
        OpenClip(config, Modality.IMAGE, CPU)
    assert no_network == []


def test_offline_mode_asks_no_network(
    no_network: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsUnavailable):
        OpenClip(OpenClipConfig(), Modality.IMAGE, CPU)
    assert no_network == []
