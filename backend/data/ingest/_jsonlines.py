"""One JSON object per line as chunks of text columns; what is no object goes to the report."""

import ast
import json
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from backend.data.archive import SourceFiles
from backend.data.ingest._base import RawChunk, RawTable
from backend.data.ingest._blocks import Block, text_blocks
from backend.data.validate import ProblemLog

Record = Mapping[str, object]
_DEEPEST: Final = 40
"""Brackets within brackets; real records have three or four."""


def read_json_lines(
    source: SourceFiles,
    name: str,
    log: ProblemLog,
    columns: tuple[str, ...],
    fields: Callable[[Record], tuple[str, ...]],
) -> RawTable:
    """`fields(record)` of every line gives the texts of `columns`.

    A line may also be the literal of a Python dict, as older files have it: it is read as data,
    never run.
    """
    blocks = text_blocks(source, name, log)
    return RawTable(name, columns, (_chunk(name, b, log, columns, fields) for b in blocks))


def first_record(line: str) -> Record:
    """The object on a line; empty where there is none."""
    try:
        return _record(line)
    except ValueError:
        return {}


def _chunk(
    name: str,
    block: Block,
    log: ProblemLog,
    columns: tuple[str, ...],
    fields: Callable[[Record], tuple[str, ...]],
) -> RawChunk:
    rows, lines, bad, found = list[tuple[str, ...]](), list[int](), list[int](), list[str]()
    for line, text in enumerate(block.text.decode("utf-8", "replace").split("\n"), block.line):
        if not text or text.isspace():
            continue
        try:
            rows.append(fields(_record(text)))
            lines.append(line)
        except ValueError:
            bad.append(line)
            found.append(text[:100])
    log.add(name, bad, "", "the line is not a JSON object", found, rejects=True)
    texts = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    frame: pd.DataFrame = pa.table(list(map(_column, texts)), list(columns)).to_pandas()
    return RawChunk(name, frame, np.array(lines, dtype=np.int64), block.done)


def _column(texts: tuple[str, ...]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # JSON can name half of a surrogate pair
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        return pa.array(clean, pa.string())


def _record(text: str) -> Record:
    """Raises ValueError for anything but an object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _literal(text.strip())
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _literal(text: str) -> object:
    """A Python literal. Its nesting is limited first: the parser is not made for hostile depth."""
    if not text.startswith("{") or _depth(text) > _DEEPEST:
        raise ValueError("no object")
    try:
        return ast.literal_eval(text)
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError("no literal") from error


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest
