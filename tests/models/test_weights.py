import os
from pathlib import Path

import pytest

from models.errors import WeightsUnavailable
from models.weights import existing_file, weights_fingerprint


def test_fingerprints_follow_the_bytes_and_the_rest(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"weights")
    two.write_bytes(b"weights")
    assert weights_fingerprint(one, "v1") == weights_fingerprint(two, "v1")
    assert weights_fingerprint(one, "v1") != weights_fingerprint(one, "v2")
    assert weights_fingerprint(one, "a", "b") != weights_fingerprint(one, "ab")
    before = weights_fingerprint(one)
    one.write_bytes(b"weighty")
    os.utime(one, ns=(1, 1))
    assert weights_fingerprint(one) != before
    assert len(before) == 16


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WeightsUnavailable, match="Install it"):
        existing_file(tmp_path / "none", "Model", "Install it.")
