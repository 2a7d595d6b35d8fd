import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.data.decoding import Decoder
from backend.errors import InvalidInput
from tests.recordings import sound_bytes, tone


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.wav"
    path.write_bytes(sound_bytes(tone(300, 0.2)))
    return path


def _children() -> set[int]:
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(map(int, listed.read_text().split())) if listed.exists() else set()


def test_a_file_on_which_the_decoder_hangs_costs_one_child(tmp_path: Path, good: Path) -> None:
    os.mkfifo(tmp_path / "never")
    before = _children()
    with Decoder(children=1, seconds=1) as decoder:
        with pytest.raises(InvalidInput, match="longer than 1 seconds"):
            decoder.transcode("audio", tmp_path / "never", tmp_path / "a")
        assert decoder.transcode("audio", good, tmp_path / "b")
    assert (tmp_path / "b.flac").exists()
    assert _children() == before


def test_a_decoder_that_dies_is_replaced(tmp_path: Path, good: Path) -> None:
    os.mkfifo(tmp_path / "never")
    before = _children()

    def kill(wait: Callable[[], object]) -> None:
        while not (fresh := _children() - before):
            wait()
        os.kill(fresh.pop(), signal.SIGKILL)

    with Decoder(children=1, seconds=60) as decoder, ThreadPoolExecutor(1) as pool:
        killer = pool.submit(kill, lambda: None)
        with pytest.raises(InvalidInput, match="crash"):
            decoder.transcode("audio", tmp_path / "never", tmp_path / "a")
        killer.result()
        assert decoder.transcode("audio", good, tmp_path / "b")


def test_several_threads_share_the_children(tmp_path: Path, good: Path) -> None:
    with Decoder(children=2) as decoder, ThreadPoolExecutor(4) as pool:
        done = pool.map(lambda n: decoder.transcode("audio", good, tmp_path / f"out{n}"), range(12))
        assert all(done)
    assert len({path.read_bytes() for path in tmp_path.glob("out*.flac")}) == 1
    assert len(list(tmp_path.glob("out*.flac"))) == 12
