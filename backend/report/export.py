"""A report with its tables as CSV, Parquet and LaTeX, in one ZIP or in a folder."""

import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from backend.durable import write_durably
from backend.errors import InvalidInput
from backend.figures.table import harmless
from backend.report.document import html_report
from backend.report.tables import ReportTable, tables
from backend.workflows.experiment_report import ReportContents

REPORT_FILE: Final = "report.html"
_LATEX: Final = {"\N{MINUS SIGN}": "$-$", "–": "--", "…": "\\ldots{}", "·": "$\\cdot$"}
"""Letters that LaTeX's own fonts lack."""


def archive(contents: ReportContents) -> bytes:
    """A ZIP with `report.html` and `tables/`; equal contents give equal bytes."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in _files(contents):
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def write_report(contents: ReportContents, folder: Path) -> tuple[Path, ...]:
    """The same files into `folder`, each whole or not at all; returns their paths."""
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"'{folder}' is a file. Name a folder for the report.")
    written = []
    for name, content in _files(contents):
        path = folder / name
        write_durably(path, lambda file, content=content: file.write(content))  # type: ignore[misc]
        written.append(path)
    return tuple(written)


def file_stem(name: str) -> str:
    """ "Is it worth it?" -> "is-it-worth-it"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "report"


def as_csv(table: ReportTable) -> bytes:
    """Numbers in full; UTF-8 with the mark that spreadsheets expect."""
    inert = table.numbers.map(lambda value: harmless(value) if isinstance(value, str) else value)
    return inert.to_csv(index=False).encode("utf-8-sig")


def as_parquet(table: ReportTable) -> bytes:
    """Numbers in full, with their types."""
    out = BytesIO()
    table.numbers.to_parquet(out, index=False)
    return out.getvalue()


def as_latex(table: ReportTable) -> bytes:
    """What a person reads, for a paper: rules of booktabs, special characters escaped."""
    aligned = "l" + "r" * (len(table.words.columns) - 1)
    text = table.words.to_latex(
        index=False, escape=True, column_format=aligned, caption=_escaped(table.title)
    )
    for letter, replacement in _LATEX.items():
        text = text.replace(letter, replacement)
    return text.encode()


def _files(contents: ReportContents) -> Iterator[tuple[str, bytes]]:
    yield REPORT_FILE, html_report(contents)
    for table in tables(contents):
        yield f"tables/{table.name}.csv", as_csv(table)
        yield f"tables/{table.name}.parquet", as_parquet(table)
        yield f"tables/{table.name}.tex", as_latex(table)


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
