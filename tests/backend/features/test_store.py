import hashlib
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from backend.features.store import FeatureStore

PRINT = "0123456789abcdef"


def _keys(*names: object) -> list[str]:
    return [hashlib.sha256(str(name).encode()).hexdigest() for name in names]


def _values(count: int, dim: int = 3, start: int = 0) -> np.ndarray:
    return np.arange(start, start + count * dim, dtype=np.float32).reshape(count, dim)


def test_what_is_put_is_got_in_the_order_asked(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put(PRINT, _keys("a", "b"), _values(2))
    store.put(PRINT, _keys("c"), _values(1, start=6))
    for reader in (store, FeatureStore(tmp_path)):
        values, present = reader.get(PRINT, _keys("c", "x", "a", "a"))
        assert values.tolist() == [[6, 7, 8], [0, 0, 0], [0, 1, 2], [0, 1, 2]]
        assert present.tolist() == [True, False, True, True]
        assert values.dtype == np.float32
        assert reader.missing(PRINT, _keys("y", "a", "x", "y")) == _keys("y", "x")


def test_encoders_do_not_share_vectors(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put(PRINT, _keys("a"), _values(1))
    values, present = store.get("f" * 16, _keys("a"))
    assert values.shape == (1, 0)
    assert not present.any()
    assert store.missing("f" * 16, _keys("a")) == _keys("a")


def test_empty_calls(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put(PRINT, [], np.zeros((0, 3), np.float32))
    assert store.missing(PRINT, []) == []
    store.put(PRINT, _keys("a"), _values(1))
    assert store.get(PRINT, [])[0].shape == (0, 3)


def test_shapes_must_fit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 keys"):
        FeatureStore(tmp_path).put(PRINT, _keys("a", "b"), _values(1))


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_shard_counts_as_missing_and_is_replaced(tmp_path: Path, damage: str) -> None:
    store = FeatureStore(tmp_path)
    store.put(PRINT, _keys("a"), _values(1))
    store.put(PRINT, _keys("b"), _values(1, start=9))
    [shard] = [p for p in (tmp_path / PRINT).iterdir() if _values(1).tobytes() in p.read_bytes()]
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes({"flip": content, "truncate": content[:-4], "empty": b""}[damage])
    fresh = FeatureStore(tmp_path)
    assert fresh.missing(PRINT, _keys("a", "b")) == _keys("a")
    assert fresh.get(PRINT, _keys("a", "b"))[1].tolist() == [False, True]
    fresh.put(PRINT, _keys("a"), _values(1))
    assert fresh.get(PRINT, _keys("a", "b"))[0].tolist() == [[0, 1, 2], [9, 10, 11]]


def test_leftovers_of_a_killed_writer_are_not_read(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    store.put(PRINT, _keys("a"), _values(1))
    [shard] = (tmp_path / PRINT).iterdir()
    shard.rename(shard.with_name(".0123"))
    assert FeatureStore(tmp_path).missing(PRINT, _keys("a")) == _keys("a")


def _write(root: Path, writer: int) -> None:
    store = FeatureStore(root)
    for number in range(10):
        name = number if number % 2 else (writer, number)
        store.put(PRINT, _keys(name), _values(1, start=number))


def test_writers_in_several_processes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, n)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    names = [n if n % 2 else (w, n) for w in range(4) for n in range(10)]
    values, present = FeatureStore(tmp_path).get(PRINT, _keys(*names))
    assert present.all()
    assert values[:, 0].tolist() == [n for _ in range(4) for n in range(10)]
