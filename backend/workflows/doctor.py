"""A check of the installation: what works, what does not, and what to do about it."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import torch

from backend.features.encoders import default_encoder, load_encoder, on_by_default
from backend.jobs.status import worker_status
from backend.settings import Settings
from backend.workflows.workspace import Workspace
from models.errors import ModelError

MINIMUM_FREE = 2 << 30


@dataclass(frozen=True)
class Check:
    """One line of the report. `good` False needs attention, None is for information."""

    name: str
    good: bool | None
    text: str


def examine(workspace: Workspace) -> tuple[Check, ...]:
    """Every check, in the order in which a person would ask."""
    return (
        *_packages(),
        _gpu(),
        *_encoders(),
        _database(workspace),
        _worker(workspace),
        _disk(workspace.settings),
    )


def _packages() -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), sys.version.split()[0])
    for name in (
        "torch",
        "streamlit",
        "open_clip_torch",
        "faiss-cpu",
        "plotly",
        "pandas",
        "av",
        "soundfile",
    ):
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "is not installed; run 'make setup'")


def _gpu() -> Check:
    if torch.cuda.is_available():
        return Check("gpu", True, torch.cuda.get_device_name())
    return Check("gpu", None, f"none; training runs on {os.cpu_count()} CPU cores")


def _encoders() -> Iterator[Check]:
    for modality in on_by_default():
        name = default_encoder(modality)
        try:
            encoder = load_encoder(name, modality, torch.device("cpu"))
            yield Check(f"encoder {name}", True, f"{modality}, {encoder.dim} dimensions, offline")
        except ModelError as error:
            yield Check(f"encoder {name}", False, str(error))
    there = importlib.util.find_spec("open_clip") is not None
    yield Check(
        "encoder open_clip",
        None if there else False,
        "installed; its weights are downloaded or read from a checkpoint when first used"
        if there
        else "is not installed; run 'make setup'",
    )


def _database(workspace: Workspace) -> Check:
    with workspace.database.read() as session:
        answer = session.connection().exec_driver_sql("PRAGMA quick_check").scalar()
    text = f"{workspace.settings.database} ({answer})"
    return Check("database", answer == "ok", text)


def _worker(workspace: Workspace) -> Check:
    if worker_status(workspace.database).alive:
        return Check("worker", True, "is running")
    return Check("worker", None, "is not running; start it with 'python -m backend worker'")


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.home).free
    return Check("disk", free > MINIMUM_FREE, f"{free / 2**30:.1f} GiB free in {settings.home}")
