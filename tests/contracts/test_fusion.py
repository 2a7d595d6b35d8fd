"""What every registered fusion keeps, whatever its strategy."""

import pytest
import torch
from torch import Tensor

from models.errors import ConfigError
from models.fusion import FUSIONS, Fusion, build_fusion, reference_budget
from models.modality import Modality

DIMS = {Modality.IMAGE: 48, Modality.TEXT: 32, Modality.AUDIO: 24}
OUT = 18
BATCH = 7

every_fusion = pytest.mark.parametrize("name", FUSIONS.names())


def build(name: str, dims: dict[Modality, int] = DIMS) -> Fusion:
    torch.manual_seed(5)
    return build_fusion(name, dims, OUT).eval()


def world(dims: dict[Modality, int] = DIMS) -> tuple[dict[Modality, Tensor], Tensor]:
    generator = torch.Generator().manual_seed(11)
    embeddings = {m: torch.randn(BATCH, dim, generator=generator) for m, dim in dims.items()}
    present = torch.rand(BATCH, len(dims), generator=generator) < 0.6
    present[0], present[1] = True, False
    return embeddings, present


def test_the_six_strategies_are_registered():
    six = {"early_concat", "early_sum", "late", "hybrid", "gated", "attention"}
    assert six <= set(FUSIONS.names())


@every_fusion
def test_shapes(name: str):
    fusion = build(name)
    output = fusion(*world())
    assert output.embedding.shape == (BATCH, OUT)
    assert (output.weights is not None) == fusion.uses_weights
    assert fusion({m: torch.zeros(0, d) for m, d in DIMS.items()}, torch.zeros(0, 3, dtype=bool))


@every_fusion
@pytest.mark.parametrize("junk", [1e6, float("nan"), float("inf")])
def test_content_of_absent_slots_never_changes_output_or_gradients(name: str, junk: float):
    fusion = build(name)
    embeddings, present = world()
    spoiled = {
        m: torch.where(present[:, [slot]], x, junk)
        for slot, (m, x) in enumerate(embeddings.items())
    }
    gradients = []
    outputs = []
    for inputs in (embeddings, spoiled):
        fusion.zero_grad()
        outputs.append(fusion(inputs, present).embedding)
        outputs[-1].square().sum().backward()
        gradients.append([p.grad.clone() for p in fusion.parameters()])
    assert torch.equal(*outputs)
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


@every_fusion
def test_present_content_does_change_the_output(name: str):
    fusion = build(name)
    embeddings, present = world()
    before = fusion(embeddings, present).embedding
    for slot, modality in enumerate(DIMS):
        changed = {**embeddings, modality: embeddings[modality] + 1.0}
        differs = (fusion(changed, present).embedding - before).abs().amax(1) > 1e-6
        assert torch.equal(differs, present[:, slot])


@every_fusion
def test_nothing_present_is_exactly_zero(name: str):
    output = build(name)(world()[0], torch.zeros(BATCH, 3, dtype=torch.bool))
    assert torch.equal(output.embedding, torch.zeros(BATCH, OUT))
    if output.weights is not None:
        assert torch.equal(output.weights, torch.zeros(BATCH, 3))


@every_fusion
def test_permuting_the_batch_permutes_the_output(name: str):
    fusion = build(name)
    embeddings, present = world()
    order = torch.tensor([3, 1, 0, 6, 2, 5, 4])
    permuted = fusion({m: x[order] for m, x in embeddings.items()}, present[order]).embedding
    torch.testing.assert_close(permuted, fusion(embeddings, present).embedding[order])


@every_fusion
def test_gradient_reaches_every_parameter(name: str):
    fusion = build(name).train()
    embeddings, present = world()
    fusion(embeddings, present).embedding.square().sum().backward()
    for label, parameter in fusion.named_parameters():
        assert parameter.grad is not None, label
        assert parameter.grad.abs().sum() > 0, label


@every_fusion
def test_weights_sum_to_one_over_the_present(name: str):
    embeddings, present = world()
    weights = build(name)(embeddings, present).weights
    if weights is None:
        pytest.skip("this strategy tells no weights")
    assert torch.equal(weights > 0, present)
    torch.testing.assert_close(weights.sum(1), present.any(1).float())


@every_fusion
@pytest.mark.parametrize(
    ("dims", "out_dim"),
    [
        ({Modality.IMAGE: 1280, Modality.TEXT: 384}, 64),
        ({Modality.IMAGE: 128, Modality.TEXT: 128}, 64),
        ({Modality.TEXT: 128}, 64),
        (DIMS, 32),
    ],
)
def test_parameters_within_ten_percent_of_the_budget(
    name: str, dims: dict[Modality, int], out_dim: int
):
    budget = reference_budget(dims, out_dim)
    count = sum(p.numel() for p in build_fusion(name, dims, out_dim).parameters())
    assert abs(count - budget) <= 0.1 * budget


@every_fusion
def test_one_modality_is_enough(name: str):
    dims = {Modality.IMAGE: 48}
    fusion = build(name, dims)
    embeddings, _ = world(dims)
    present = torch.tensor([[True], [False]] + [[True]] * (BATCH - 2))
    out = fusion(embeddings, present).embedding
    assert torch.equal(out.abs().sum(1) > 0, present[:, 0])


@every_fusion
def test_no_modality_is_refused(name: str):
    with pytest.raises(ConfigError, match="at least one modality"):
        build_fusion(name, {}, OUT)
