"""A file of a source as a stream of bytes: unpacked where it is gzip, never more than allowed."""

import gzip
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from backend.errors import InvalidInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP: Final = b"\x1f\x8b"
_SLACK: Final = 1 << 20


def open_stream(name: str, path: Path, *, most: int, ratio: int) -> BinaryIO:
    """The content of `path`, called `name` in messages; gzip is told by its first bytes.

    Reading raises InvalidInput where a gzip is damaged, unpacks to more than `most` bytes, or to
    more than `ratio` times what was read of it (once past 1 MiB): nothing is believed, all is
    counted.
    """
    packed = path.open("rb")
    if packed.read(2) != _GZIP:
        packed.seek(0)
        return packed
    packed.seek(0)
    return io.BufferedReader(_Unpacked(name, packed, most, ratio), 1 << 18)


def is_gzip(path: Path) -> bool:
    """Whether the file begins like one."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


class _Unpacked(io.RawIOBase):
    """What a gzip holds, a buffer at a time."""

    def __init__(self, name: str, packed: BinaryIO, most: int, ratio: int) -> None:
        self._name, self._packed, self._most, self._ratio = name, packed, most, ratio
        self._inner = gzip.GzipFile(fileobj=packed)
        self._written = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        try:
            count = self._inner.readinto(buffer)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(
                f"'{self._name}' is a damaged gzip file ({error}). Fetch or pack it again."
            ) from error
        self._written += count
        allowed = max(_SLACK, self._ratio * self._packed.tell())
        if self._written > min(self._most, allowed):
            raise InvalidInput(
                f"'{self._name}' unpacks to far more than its packed size; it is refused. Unpack "
                "it yourself if you trust it."
            )
        return count

    def packed_position(self) -> int:
        """How far the packed file has been read, in bytes."""
        return self._packed.tell()

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._packed.close()
        super().close()
