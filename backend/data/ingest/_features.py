"""Ready-made features of a source: a matrix in a .npy file, row by row the items."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.archive import SourceFiles
from backend.errors import InvalidInput

_MOST_BYTES: Final = 16 << 30
_HEADER: Final = 4096


def read_features(source: SourceFiles, name: str) -> NDArray[np.float32]:
    """f32[N, D] from a .npy file.

    Raises InvalidInput for anything but a matrix of numbers. Nothing pickled is ever opened, and
    no memory is set aside for more than the file really holds.
    """
    try:
        stored = np.load(
            source.files[name], mmap_mode="r", allow_pickle=False, max_header_size=_HEADER
        )
    except (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError) as error:
        raise InvalidInput(
            f"'{name}' is not a readable .npy file of numbers ({str(error)[:100]}). Save it with "
            "numpy.save(file, array.astype('float32'))."
        ) from error
    if not isinstance(stored, np.ndarray) or stored.ndim != 2 or stored.dtype.kind not in "fiu":
        raise InvalidInput(f"'{name}' must hold a matrix of numbers, one row per item.")
    if 0 in stored.shape or stored.size * 4 > _MOST_BYTES:
        raise InvalidInput(f"'{name}' has {stored.shape[0]} x {stored.shape[1]} numbers.")
    with np.errstate(over="ignore"):
        return np.array(stored, dtype=np.float32)
