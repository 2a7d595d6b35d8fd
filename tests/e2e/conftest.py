"""A real browser, and the real web server on a workspace."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
MINUTE = 60_000
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]

Server = Callable[[Path], AbstractContextManager[str]]


def _installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "install_browser", Path(__file__).with_name("install_browser.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def chromium() -> str:
    found = _installer().find_chromium()
    if found is None:
        pytest.skip("No Chromium on this machine: run 'make browser' or set FUSIONLENS_CHROMIUM.")
    from playwright.sync_api import expect

    expect.set_options(timeout=MINUTE / 2)  # a busy machine draws slowly
    return str(found)


@pytest.fixture(scope="session")
def serve() -> Server:
    """Web server and worker on a workspace, as `make run` starts them; gives the address."""
    return _serve


@contextmanager
def _serve(home: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["-m", "backend", "up", "--no-demo", "--no-browser", "--port", str(port)]
    with home.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--home", str(home)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _wait_for(address: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("The web server did not start within a minute.")
