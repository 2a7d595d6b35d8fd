"""The dialog in which a person says which column of a stranger's table is which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd
import streamlit as st

from backend.schema import Col
from backend.workflows import catalogue, columns, uploading
from backend.workflows.columns import ColumnQuestion, Use
from backend.workflows.importing import ImportRequest, SourcePreview, TablePreview
from backend.workflows.uploading import Brought
from backend.workflows.workspace import open_workspace
from pages.components import state
from pages.components.boundary import boundary
from pages.components.markup import plain

_PENDING: Final = "_import_pending"
_FIRST_ROWS: Final = 5
_NONE: Final = "not in this table"
_NO_FILE: Final = "none: items are known by their identifier only"
_ROLES: Final[Mapping[Col, tuple[str, str]]] = {
    Col.USER_ID: ("Person", "Who chose. Example: a customer number."),
    Col.ITEM_ID: ("Item", "What was chosen. Example: an article number."),
    Col.RATING: ("Rating", "How much it was liked, as a number. Example: 4 of 5 stars."),
    Col.TIMESTAMP: ("Time", "When it was. Example: 2026-01-31."),
    Col.REVIEW: ("Review", "What the person wrote about it."),
    Col.SPLIT: ("Split", "Whether the row is for training, validation or test."),
    Col.TITLE: ("Title", "The item's name."),
    Col.TEXT: ("Description", "A longer text about the item."),
    Col.CATEGORY: ("Category", "What kind of thing it is. Example: coats."),
    Col.PRICE: ("Price", "A number without a currency."),
    Col.IMAGE: ("Picture", "The name of a picture file that was brought along."),
    Col.AUDIO: ("Sound", "The name of a sound file that was brought along."),
    Col.VIDEO: ("Video", "The name of a video file that was brought along."),
}


@dataclass(frozen=True)
class _Pending:
    brought: Brought
    name: str
    request: ImportRequest


def ask(brought: Brought, name: str, request: ImportRequest) -> None:
    """Open the dialog for a source that is to become the data set `name`."""
    st.session_state[_PENDING] = _Pending(brought, name, request)


def show() -> None:
    """The dialog, while there is something to ask."""
    pending = st.session_state.get(_PENDING)
    if pending is None:
        return

    @st.dialog("Which column is which?", width="large", on_dismiss=_dismissed)
    def opened() -> None:
        with boundary():
            _draw(pending)

    opened()


def queue(brought: Brought, name: str, request: ImportRequest) -> None:
    """Queue the import and show the page on which it can be watched."""
    job = catalogue.queue_import(open_workspace(), brought.path, brought.title, name, request)
    st.session_state.pop(_PENDING, None)
    state.write(job=job.id, view="Import")
    st.rerun()


def _draw(pending: _Pending) -> None:
    brought, preview = pending.brought, pending.brought.preview
    if preview.format:
        pairs, complaint = _known(preview), ""
    else:
        pairs, complaint = _asked(preview)
    for problem in preview.problems[:3]:
        st.caption(plain(problem))
    if complaint:
        st.warning(complaint, icon=":material/help:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Import with these columns",
            type="primary",
            icon=":material/upload:",
            disabled=bool(complaint),
            key="import_mapped",
        ):
            queue(brought, pending.name, replace(pending.request, mapping=pairs))
        st.caption("Rows that cannot be used never stop an import: the good ones are imported.")


def _known(preview: SourcePreview) -> dict[str, str]:
    """Nothing to say about a format that names its columns itself."""
    st.markdown("These files are in a format that is known here; their columns need no mapping.")
    for table in preview.tables:
        st.markdown(f"**{plain(table.file)}**")
        _rows(table)
    return {}


def _asked(preview: SourcePreview) -> tuple[dict[str, str], str]:
    """The mapping as pairs, and what is still wrong with it, as a sentence."""
    st.markdown(
        f"These are the first {_FIRST_ROWS} rows. Each column was guessed by its name and by what "
        "stands in it; correct what is wrong."
    )
    files = [table.file for table in preview.tables]
    events = _file("Who chose what", files, columns.likely_file(preview, "interactions"))
    pairs, complaint = _table(preview, events, "interactions")
    others = [file for file in files if file != events]
    items = ""
    if others:
        likely = columns.likely_file(preview, "items")
        items = _file("What the items are", others, likely, optional=True)
    if items:
        described, second = _table(preview, items, "items")
        pairs, complaint = pairs | described, complaint or second
    return pairs | {"interactions": events, "items": items}, complaint


def _file(label: str, files: Sequence[str], likely: str, *, optional: bool = False) -> str:
    """A choice where there is one; the only table otherwise."""
    options = ["", *files] if optional else list(files)
    if len(options) == 1:
        st.markdown(f"**{label}:** {plain(options[0])}")
        return options[0]
    place = options.index(likely) if likely in options else 0
    return st.selectbox(
        label, options, index=place, format_func=lambda file: file or _NO_FILE, key=f"map_{label}"
    )


def _table(preview: SourcePreview, file: str, use: Use) -> tuple[dict[str, str], str]:
    table = next(table for table in preview.tables if table.file == file)
    _rows(table)
    asked = columns.questions(table, use)
    pairs: dict[str, str] = {}
    cells = st.grid(3, min_column_width=200, gap="small")
    for question in asked:
        with cells.cell():
            pairs[question.key] = _column(question, table)
    return pairs, _complaint(asked, pairs)


def _column(question: ColumnQuestion, table: TablePreview) -> str:
    label, help = _ROLES[question.role]
    options = ["", *table.columns]
    chosen = st.selectbox(
        f"{label} (required)" if question.required else label,
        options,
        index=options.index(question.column) if question.column in options else 0,
        format_func=lambda column: column or _NONE,
        help=help,
        key=f"map_{table.file}_{question.key}",
    )
    st.caption(_note(question, chosen))
    return chosen


def _note(question: ColumnQuestion, chosen: str) -> str:
    if chosen != question.column:
        return "your choice"
    if not chosen:
        return "please choose" if question.required else "nothing looks like it"
    return f"**{question.confidence}**: {question.why}"


def _complaint(asked: Sequence[ColumnQuestion], pairs: Mapping[str, str]) -> str:
    for question in asked:
        if question.required and not pairs[question.key]:
            return f"Say which column is the {_ROLES[question.role][0].lower()}."
    twice = columns.taken_twice([pairs[question.key] for question in asked])
    return f"The column {plain(twice)} is chosen twice; it can be one thing only." if twice else ""


def _rows(table: TablePreview) -> None:
    frame = pd.DataFrame(list(table.rows[:_FIRST_ROWS]), columns=list(table.columns), dtype=str)
    st.dataframe(frame, hide_index=True, alt=f"The first rows of {table.file}")


def _dismissed() -> None:
    pending = st.session_state.pop(_PENDING, None)
    if pending is not None:
        uploading.discard(open_workspace(), pending.brought.path)
