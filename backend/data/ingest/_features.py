"""Ready-made features of a source: a matrix in a .npy file, row by row the items."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.archive import SourceFiles
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput

_MOST_BYTES: Final = 16 << 30
_HEADER: Final = 4096


def read_features(source: SourceFiles, name: str, log: ProblemLog) -> NDArray[np.float32] | None:
    """f32[N, D] from a .npy file; None, with a line in the report, where it is no such matrix.

    Nothing pickled is ever opened, and no memory is set aside for more than the file really holds.
    """
    try:
        return _matrix(source.files[name])
    except InvalidInput as error:
        log.add(name, [None], "", str(error), rejects=False)
        return None


def _matrix(path: Path) -> NDArray[np.float32]:
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False, max_header_size=_HEADER)
    except (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError) as error:
        raise InvalidInput(
            f"the file is not a .npy file of numbers ({str(error)[:100]}); save it with "
            "numpy.save(file, array.astype('float32'))"
        ) from error
    if not isinstance(stored, np.ndarray) or stored.ndim != 2 or stored.dtype.kind not in "fiu":
        raise InvalidInput("the file must hold a matrix of numbers, one row per item")
    if 0 in stored.shape or stored.size * 4 > _MOST_BYTES:
        raise InvalidInput(f"the matrix has {stored.shape[0]} x {stored.shape[1]} numbers")
    with np.errstate(over="ignore"):
        return np.array(stored, dtype=np.float32)
