"""A child process that leads a group of its own, writes to a log and dies with its parent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
"""The folder from which `backend` is imported."""


class ChildProcess:
    """One running `python -m MODULE ARGUMENTS` with all processes that it starts."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._tidied = False

    @classmethod
    def start(cls, module: str, arguments: Sequence[str], log: Path) -> Self:
        """Start it; what it prints is appended to `log`. Raises `OSError` if that is impossible."""
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.touch(mode=0o600, exist_ok=True)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-u", "-X", "faulthandler", "-m", module, *arguments],
                # Held open, never written: the child sees it close when this process is gone.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                start_new_session=True,
            )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs, `-signal` if it was killed; takes what it left behind with it."""
        code = self._process.poll()
        if code is not None and not self._tidied:
            self.signal(signal.SIGKILL)
            if self._process.stdin is not None:
                self._process.stdin.close()
            # From now on the number may belong to a stranger.
            self._tidied = True
        return code

    def signal(self, number: signal.Signals) -> None:
        """To the whole group; nothing happens if it is gone."""
        if self._tidied:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def stop(self, grace: float) -> int:
        """SIGTERM, after `grace` seconds SIGKILL; returns the exit code."""
        self.signal(signal.SIGTERM)
        patience = time.monotonic() + grace
        while (code := self.exit_code()) is None:
            if time.monotonic() > patience:
                self.signal(signal.SIGKILL)
            time.sleep(0.02)
        return code
