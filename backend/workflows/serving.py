"""Everything at once for `make run`: web server, worker, demo, browser; stops together."""

import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from backend.errors import InvalidInput
from backend.workflows.catalogue import datasets
from backend.workflows.demo import start_demo
from backend.workflows.workspace import open_workspace

ROOT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 10.0


def run_all(home: Path | None, port: int, *, demo: bool, browser: bool) -> None:
    """Blocks until interrupted or until one of the two processes ends."""
    workspace = open_workspace(home)
    if _taken(port):
        raise InvalidInput(
            f"Port {port} is in use. Stop the other program or choose one: make run PORT={port + 1}"
        )
    if demo and not datasets(workspace):
        start_demo(workspace)
    # A plain `kill` must not leave web server and worker behind, nor must a shell that ignores
    # Ctrl-C for what it starts in the background.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    environment = {**os.environ, "FUSIONLENS_HOME": str(workspace.settings.home)}
    processes = [_start(["-m", "backend", "worker"], environment), _start_web(port, environment)]
    address = f"http://localhost:{port}"
    try:
        _wait_until_open(port, processes[1])
        sys.stderr.write(f"FusionLens is at {address}  (Ctrl-C stops it)\n")
        if browser:
            webbrowser.open(address)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
    except KeyboardInterrupt:
        sys.stderr.write("Stopping; running jobs go on from their checkpoint next time.\n")
    finally:
        _stop(processes)


def _start(arguments: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=environment, start_new_session=True
    )


def _start_web(port: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return _start(["-m", "streamlit", "run", "app.py", "--server.port", str(port)], environment)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until_open(port: int, web: subprocess.Popen[bytes]) -> None:
    while not _taken(port):
        if web.poll() is not None:
            raise InvalidInput("The web server did not start; its message stands above.")
        time.sleep(0.1)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
