"""Decoding of untrusted recordings in child processes that may hang, crash or grow."""

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from backend.errors import InvalidInput

_ROOT: Final = Path(__file__).resolve().parents[2]
_SECONDS: Final = 60.0
_FILES_PER_CHILD: Final = 500
"""Then a fresh one, so that no leak of a codec adds up."""
Kind = Literal["audio", "video"]


class Decoder:
    """A few children behind one door; used as a context manager, safe for several threads."""

    def __init__(self, children: int | None = None, seconds: float = _SECONDS) -> None:
        """`children` None: as many as cores, at most 4. `seconds`: the most one file may take."""
        self.children = children or min(4, os.cpu_count() or 1)
        self._seconds = seconds
        self._idle: queue.SimpleQueue[_Child | None] = queue.SimpleQueue()
        for _ in range(self.children):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends all children; nobody may be waiting for one."""
        for _ in range(self.children):
            child = self._idle.get()
            if child is not None:
                child.end()

    def transcode(self, kind: Kind, source: Path, target: Path) -> bool:
        """Have `source` decoded and written clean as `target` with new suffixes (.flac; or .mp4,
        .jpg and .flac); whether it has sound.

        Raises InvalidInput with the reason where the file is refused, or kills its decoder.
        """
        child = self._idle.get()
        try:
            if child is None or not child.fresh:
                if child is not None:
                    child.end()
                child = _Child()
            answer = child.ask(kind, source, target, self._seconds)
        except InvalidInput:
            child = None
            raise
        finally:
            self._idle.put(child)
        if answer["reason"]:
            raise InvalidInput(str(answer["reason"]))
        return bool(answer["sound"])


class _Child:
    def __init__(self) -> None:
        self._left = _FILES_PER_CHILD
        self._process = subprocess.Popen(
            [sys.executable, "-m", "backend.data._transcoder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            # no secrets of ours inside, and no thread pools that ask for memory
            env={"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )

    @property
    def fresh(self) -> bool:
        """Whether it is to be given another file."""
        return self._left > 0 and self._process.poll() is None

    def ask(self, kind: Kind, source: Path, target: Path, seconds: float) -> dict[str, object]:
        """Raises InvalidInput, and is dead, where there is no answer in time or at all."""
        self._left -= 1
        request = {"kind": kind, "source": str(source), "target": str(target), "seconds": seconds}
        line, in_time = b"", True
        try:
            line, in_time = self._exchange(json.dumps(request).encode() + b"\n", seconds)
            return dict(json.loads(line))
        except (OSError, ValueError):
            self.end()
        if in_time:
            raise InvalidInput("The recording makes its decoder crash.")
        raise InvalidInput(f"Decoding the recording takes longer than {seconds:g} seconds.")

    def _exchange(self, request: bytes, seconds: float) -> tuple[bytes, bool]:
        """(the answer, "" where none came; whether that was in time)."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(request)
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        return (self._process.stdout.readline(), True) if ready else (b"", False)

    def end(self) -> None:
        """Kill it and take it off the table of processes."""
        self._process.kill()
        with contextlib.suppress(OSError):
            self._process.communicate()
