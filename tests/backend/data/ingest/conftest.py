import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike
from PIL import Image

from backend.data.ingest import Imported, import_dataset

Files = Mapping[str, str | bytes]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Files], Path]:
    def write(files: Files) -> Path:
        root = tmp_path / "source"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return write


@pytest.fixture
def bring_in(tmp_path: Path, folder: Callable[[Files], Path]) -> Callable[[Files], Imported]:
    return lambda files: import_dataset(folder(files), tmp_path / "datasets")


@pytest.fixture
def jpeg() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def npy() -> Callable[[ArrayLike], bytes]:
    def write(values: ArrayLike) -> bytes:
        buffer = BytesIO()
        np.save(buffer, np.asarray(values), allow_pickle=True)
        return buffer.getvalue()

    return write


@pytest.fixture
def lines() -> Callable[..., str]:
    return lambda *records: "".join(json.dumps(record) + "\n" for record in records)
