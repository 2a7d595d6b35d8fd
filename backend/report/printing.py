"""The report on paper: the same HTML file, printed to PDF by a browser of this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from backend.durable import write_durably
from backend.errors import InvalidInput

_NAMES: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
)  # fmt: skip
_SECONDS: Final = 180
_DRAWING: Final = 10_000
"""Milliseconds of the page's own time in which its figures are drawn; it passes faster."""


def browser() -> str | None:
    """The program that prints; None where there is none, and a reader's own browser has to."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def as_pdf(document: bytes) -> bytes:
    """The HTML of a report as PDF, A4. Raises InvalidInput with what to do where it cannot."""
    program = browser()
    if program is None:
        raise InvalidInput(
            "No Chromium or Chrome is installed here. Open the report in any browser and print it "
            "to PDF."
        )
    with tempfile.TemporaryDirectory() as folder:
        page, paper = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_bytes(document)
        _print(program, page, paper)
        return paper.read_bytes()


def print_report(page: Path) -> Path:
    """A PDF of the same name beside the HTML file of a report, whole or not at all."""
    paper, content = page.with_suffix(".pdf"), as_pdf(page.read_bytes())
    write_durably(paper, lambda file: file.write(content))
    return paper


def _print(program: str, page: Path, paper: Path) -> None:
    options = [
        "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
        f"--user-data-dir={paper.parent / 'profile'}", f"--virtual-time-budget={_DRAWING}",
        f"--print-to-pdf={paper}",
    ]  # fmt: skip
    if os.name == "posix" and os.geteuid() == 0:
        options.append("--no-sandbox")  # as root, in a container mostly, it would refuse to start
    try:
        subprocess.run(
            [program, *options, page.as_uri()], check=False, capture_output=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise _failed(program) from problem
    if not paper.is_file():
        raise _failed(program)


def _failed(program: str) -> InvalidInput:
    return InvalidInput(
        f"The browser '{Path(program).name}' did not print the report. Open the report in any "
        "browser and print it to PDF."
    )
