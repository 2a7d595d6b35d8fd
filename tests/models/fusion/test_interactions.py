"""Fusions that multiply or align, against what can be worked out by hand."""

import torch

from models.fusion import build_fusion, reference_budget
from models.fusion._products import pair_products
from models.modality import Modality

DIMS = {Modality.IMAGE: 5, Modality.TEXT: 4}


def inputs(count: int = 6) -> tuple[dict[Modality, torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    embeddings = {m: torch.randn(count, d, generator=generator) for m, d in DIMS.items()}
    return embeddings, torch.ones(count, len(DIMS), dtype=torch.bool)


def test_low_rank_is_a_sum_of_products() -> None:
    torch.manual_seed(0)
    fusion = build_fusion("low_rank", DIMS, 8, {"rank": 3}).eval()
    embeddings, present = inputs()
    factors = [fusion.group("factors")[m](embeddings[m]).view(6, 3, -1) + 1 for m in DIMS]
    hidden = (factors[0] * factors[1]).sum(1) - 3
    expected = fusion.layers["out"](torch.nn.functional.gelu(hidden))
    torch.testing.assert_close(fusion(embeddings, present).embedding, expected)


def test_the_tensor_holds_every_product_of_units() -> None:
    torch.manual_seed(0)
    fusion = build_fusion("tensor", DIMS, 8, {"units": 2}).eval()
    embeddings, present = inputs()
    gelu = torch.nn.functional.gelu
    image, text = (gelu(fusion.group("towers")[m](embeddings[m])) for m in DIMS)
    one = torch.ones(6, 1)
    cells = torch.einsum("bi,bj->bij", torch.cat([image, one], 1), torch.cat([text, one], 1))
    expected = fusion.layers["out"](gelu(fusion.layers["hidden"](cells.flatten(1))))
    torch.testing.assert_close(fusion(embeddings, present).embedding, expected)


def test_many_modalities_get_fewer_units_each() -> None:
    dims = dict.fromkeys(Modality, 6)
    fusion = build_fusion("tensor", dims, 16)
    assert (fusion.units + 1) ** len(dims) <= 512  # type: ignore[attr-defined]


def test_only_products_tell_equal_signs_from_different_ones() -> None:
    """Whether two numbers have the same sign is in neither of them alone."""
    generator = torch.Generator().manual_seed(1)
    signs = torch.randint(2, (256, 2), generator=generator).float() * 2 - 1
    target = signs.prod(1, keepdim=True)
    dims = {Modality.IMAGE: 1, Modality.TEXT: 1}
    given = {Modality.IMAGE: signs[:, :1], Modality.TEXT: signs[:, 1:]}
    present = torch.ones(256, 2, dtype=torch.bool)
    errors = {}
    strategies: dict[str, dict[str, object]] = {
        "low_rank": {},
        "tensor": {},
        "late": {},
        "hybrid": {"together": "products"},
    }
    for name, settings in strategies.items():
        torch.manual_seed(0)
        fusion = build_fusion(name, dims, 3, settings)
        optimizer = torch.optim.Adam(fusion.parameters(), lr=0.02)
        for _ in range(60):
            loss = (fusion(given, present).embedding.sum(1, keepdim=True) - target).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        errors[name] = float(loss.detach())
    assert errors["low_rank"] < 0.05
    assert errors["tensor"] < 0.05
    assert errors["hybrid"] < 0.05
    assert errors["late"] > 0.5


def test_products_say_nothing_of_one_modality_alone() -> None:
    dims = {**DIMS, Modality.AUDIO: 3}
    fusion = build_fusion("hybrid", dims, 12, {"together": "products"}).eval()
    embeddings, _ = inputs()
    embeddings[Modality.AUDIO] = torch.ones(6, 3)
    alone = torch.eye(3, dtype=torch.bool).repeat(2, 1)
    assert torch.equal(fusion(embeddings, alone).embedding[:, :3], torch.zeros(6, 3))
    assert bool((fusion(embeddings, ~alone).embedding[:, :3] != 0).all())


def test_products_of_three_are_those_of_every_two() -> None:
    a, b, c = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)).unbind()
    torch.testing.assert_close(pair_products([a, b, c]), a * b + a * c + b * c)
    assert torch.equal(pair_products([a]), torch.zeros(4, 5))


def test_products_are_pulled_towards_zero_in_training_only() -> None:
    fusion = build_fusion("hybrid", DIMS, 12, {"together": "products"})
    embeddings, present = inputs()
    output = fusion(embeddings, present)
    joint = output.embedding[:, :4]
    assert output.penalty is not None
    expected = 0.3 * joint.square().sum(1).mean()
    torch.testing.assert_close(output.penalty, expected)
    assert fusion.eval()(embeddings, present).penalty is None


def test_hybrid_with_products_keeps_the_budget() -> None:
    dims = {Modality.IMAGE: 128, Modality.TEXT: 128}
    budget = reference_budget(dims, 64)
    fusion = build_fusion("hybrid", dims, 64, {"together": "products"})
    assert abs(sum(p.numel() for p in fusion.parameters()) - budget) <= 0.1 * budget
