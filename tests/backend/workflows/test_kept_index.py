from pathlib import Path

import numpy as np
import torch

from backend.retrieval.index import ItemIndex, build_index
from backend.retrieval.recommender import similar_items
from backend.workflows.loading import kept_index

ITEMS = torch.randn(50, 4, generator=torch.Generator().manual_seed(2))


def _build() -> ItemIndex:
    unit = torch.nn.functional.normalize(ITEMS, dim=1)
    return build_index(unit, torch.zeros(50))


def test_an_index_is_built_once_and_again_after_damage(tmp_path: Path) -> None:
    built: list[int] = []

    def build() -> ItemIndex:
        built.append(1)
        return _build()

    first = kept_index(tmp_path / "index", build)
    again = kept_index(tmp_path / "index", build)
    assert len(built) == 1
    assert again.search(ITEMS, 5).items.tolist() == first.search(ITEMS, 5).items.tolist()
    (tmp_path / "index" / "items.faiss").write_bytes(b"not what was written")
    kept_index(tmp_path / "index", build)
    assert len(built) == 2
    kept_index(tmp_path / "index", build)
    assert len(built) == 2


def test_items_like_others_are_the_same_with_an_index() -> None:
    seeds, left_out = np.array([3, 8]), np.array([1])
    exact = similar_items(ITEMS, seeds, 10, exclude=left_out)
    found = similar_items(ITEMS, seeds, 10, exclude=left_out, index=_build())
    assert found.items.tolist() == exact.items.tolist()
    assert np.allclose(found.scores, exact.scores, atol=1e-6)
    assert not {1, 3, 8} & set(found.items.tolist())
