"""Text of any encoding as blocks of whole lines in UTF-8, a few megabytes at a time."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from backend.data.archive import SourceFiles
from backend.data.validate import ProblemLog

BLOCK: Final = 8 << 20
LONGEST_LINE: Final = 16 << 20
_CUT: Final = "the line is longer than 16 MiB; it was cut"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Block:
    """Whole lines of valid UTF-8 (the last one of a file may lack its line break).

    `line` is the number of the first, from 1; `done` how much of the file has been read by then.
    """

    text: bytes
    line: int
    done: float

    @property
    def lines(self) -> int:
        """How many lines there are, each ended by a line break or the end of the file."""
        return line_breaks(self.text) + (not self.text.endswith((b"\n", b"\r")))


def line_breaks(text: bytes) -> int:
    """Line breaks of any of the three kinds."""
    if b"\r" not in text:
        return text.count(b"\n")
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def text_blocks(
    source: SourceFiles, name: str, log: ProblemLog, legacy: bool = False
) -> Iterator[Block]:
    """The file from its first line on, without a byte order mark.

    Lines that are not UTF-8 are read as Windows-1252 and a warning says so, unless the format is
    known to be written that way (`legacy`). A line longer than 16 MiB is cut and reported.
    """
    size = max(1, source.files[name].stat().st_size)
    with source.stream(name) as stream:
        line = 1
        for text in _whole_lines(_utf8(stream, name, log), source.head):
            if text.find(b"\n", 0, LONGEST_LINE) < 0 and len(text) > LONGEST_LINE:
                log.add(
                    name, [line], "", "the line is longer than 16 MiB; it was cut", rejects=False
                )
                text = text[:LONGEST_LINE] + b"\n" + text.partition(b"\n")[2]
            block = Block(_valid(text, name, log, legacy), line, _position(stream) / size)
            yield block
            line += block.lines


def first_line(source: SourceFiles, name: str) -> str:
    """The first line of a file (at most 64 kB of it), for recognising a format."""
    with source.stream(name) as stream:
        start = stream.read(1 << 16)
    encoding = "utf-16" if start[:2] in _UTF16 else "utf-8-sig"
    text = start.decode(encoding, errors="replace")
    return text.splitlines()[0].strip() if text.strip() else ""


def _position(stream: BinaryIO) -> int:
    raw = getattr(stream, "raw", stream)
    return int(getattr(raw, "packed_position", stream.tell)())


def _utf8(stream: BinaryIO, name: str, log: ProblemLog) -> Iterator[bytes]:
    """Pieces of the file without its byte order mark; UTF-16 is turned into UTF-8."""
    piece = stream.read(BLOCK)
    if piece[:2] not in _UTF16:
        yield piece.removeprefix(codecs.BOM_UTF8)
        while piece := stream.read(BLOCK):
            yield piece
        return
    log.warn(f"'{name}' is UTF-16, not UTF-8; it was read as such.")
    decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
    while piece:
        yield decoder.decode(piece).encode("utf-8", errors="replace")
        piece = stream.read(BLOCK)
    yield decoder.decode(b"", final=True).encode("utf-8", errors="replace")


def _whole_lines(pieces: Iterator[bytes], head: bool) -> Iterator[bytes]:
    """Pieces cut after their last line break; of an endless line comes the beginning. With `head`
    only the lines of the first piece."""
    held: list[bytes] = []
    length = cut = 0
    for piece in pieces:
        # a carriage return alone ends a line too, but the last one may be half of a pair
        cut = piece.rfind(b"\n") + 1 or piece.rfind(b"\r", 0, -1) + 1
        if cut:
            yield b"".join([*held, piece[:cut]])
            held, length = [piece[cut:]], len(piece) - cut
        elif length <= LONGEST_LINE:
            held.append(piece)
            length += len(piece)
        if head:
            break
    if length and not (head and cut):
        yield b"".join(held)


def _valid(text: bytes, name: str, log: ProblemLog, legacy: bool) -> bytes:
    if text.isascii():
        return text
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        if not legacy:
            log.warn(
                f"'{name}' is not UTF-8; lines that are not were read as Windows-1252. Save it as "
                "UTF-8 if letters look wrong."
            )
        return b"\n".join(map(_recoded, text.split(b"\n")))
    return text


def _recoded(line: bytes) -> bytes:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace").encode("utf-8")
    return line
