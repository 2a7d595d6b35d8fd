"""The import contracts hold, and they notice a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("backend", "models", "db", "pages")


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_contracts_hold() -> None:
    result = _lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("models/losses.py", "import backend.schema"),
        ("db/records.py", "import torch"),
        ("backend/evaluation/significance.py", "import streamlit"),
        ("backend/data/split.py", "import backend.workflows.labels"),
        ("pages/overview.py", "import db.records"),
        ("models/fusion/late.py", "import models.fusion.gated"),
    ],
)
def test_a_breach_is_noticed(copy: Path, file: str, line: str) -> None:
    path = copy / file
    path.write_text(path.read_text("utf-8") + f"\n{line}\n", "utf-8")
    result = _lint(copy)
    assert result.returncode == 1, result.stdout
    assert "BROKEN" in result.stdout
