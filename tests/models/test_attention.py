"""The look-back Transformer against plain loops."""

import torch
from torch.nn import functional as F

from models.attention import CausalEncoder


def encoder(layers: int = 1, heads: int = 2, reach: int = 3) -> CausalEncoder:
    torch.manual_seed(0)
    made = CausalEncoder(4, layers, heads, reach, dropout=0.0).eval()
    with torch.no_grad():
        for block in made.blocks:
            block.nearness.normal_()
    return made


def test_one_layer_equals_its_formula_in_loops():
    model, x = encoder(), torch.randn(1, 5, 4, generator=torch.Generator().manual_seed(1))
    (block,) = model.blocks
    query, key, value = block.read(block.before_attention(x[0])).chunk(3, dim=1)
    rows = []
    for here in range(5):
        heard = []
        for head in range(2):
            part = slice(2 * head, 2 * head + 2)
            logits = [
                query[here, part] @ key[there, part] / 2**0.5
                + block.nearness[head, min(here - there, 3)]
                for there in range(here + 1)
            ]
            weights = torch.stack(logits).softmax(0)
            heard.append(sum(w * value[there, part] for there, w in enumerate(weights)))
        row = x[0, here] + block.write(torch.cat(heard))
        row = row + block.out(F.gelu(block.hidden(block.before_hidden(row))))
        rows.append(model.norm(row))
    torch.testing.assert_close(model(x)[0], torch.stack(rows))


def test_what_stands_later_changes_nothing_before():
    model, x = encoder(layers=3), torch.randn(2, 6, 4)
    for cut in range(1, 6):
        other = x.clone()
        other[:, cut:] = torch.randn(2, 6 - cut, 4) * 100
        torch.testing.assert_close(model(x)[:, :cut], model(other)[:, :cut])
        assert not torch.allclose(model(x)[:, cut:], model(other)[:, cut:])
