"""Bring data in: an upload, a folder or a path, and its progress."""

from pathlib import Path

import streamlit as st

from backend.workflows import overview, uploading
from backend.workflows.importing import ImportRequest, cleaning_settings
from backend.workflows.jobviews import JobView
from backend.workflows.uploading import Upload
from backend.workflows.workspace import open_workspace
from pages.components import forms, jobs, mapping, state, validation
from pages.components.boundary import boundary

_FORMAT = """A ZIP, single files or a folder with

- `interactions.csv` (or `.parquet`): `user_id,item_id` and, where known, `rating`, `timestamp`,
  `split`;
- `items.csv` (or `.parquet`): `item_id,title,text,category,price,image`; every other column becomes
  an attribute;
- the pictures that the column `image` names, for example `images/0123.jpg`;
- sound and video in columns `audio` and `video`, or as `audio/<item_id>.wav`,
  `video/<item_id>.mp4`.

Columns of other names are fine: you will be asked which is which."""


def form() -> str:
    """Files, a folder or a path, a name, and the one button; below it what is being imported.

    Returns the data set whose report was shown, because its import has just ended; "" for none.
    """
    left, right = st.columns([3, 2], gap="medium")
    with right, st.container(border=True):
        st.markdown("**What can be imported**")
        st.markdown(_FORMAT)
    with left, st.form("import", border=True):
        source = _source()
        name = st.text_input(
            "Name of the data set", placeholder="for example: Winter shop", max_chars=60
        ).strip()
        with st.expander("Clean while importing", icon=":material/cleaning_services:"):
            cleaning = forms.fields(cleaning_settings(), "cleaning")
        fetch = st.checkbox(
            "Fetch pictures from web addresses",
            help="For tables that name pictures by https address, as Amazon's do. The hosts see "
            "that this machine asks. Private addresses and redirects are refused.",
        )
        with st.container(horizontal=True):
            asked = st.form_submit_button("Import", type="primary", icon=":material/upload:")
            look = st.form_submit_button("Look at the columns first", icon=":material/table:")
        st.caption("Good rows are imported, bad ones are listed with their reason.")
        if (asked or look) and not source:
            st.error("Drop files or a folder, or give a path on this machine.")
        elif (asked or look) and not name:
            st.error("Give the data set a name.")
        elif source and (asked or look):
            with boundary():
                request = ImportRequest(cleaning=cleaning, fetch_pictures=fetch)
                _bring(source, name, request, look=look)
    mapping.show()
    return _under_way()


def _source() -> Path | list[Upload]:
    """Empty where nothing was chosen."""
    files, folder, path = st.tabs(["Files", "A folder", "A path on this machine"])
    with files:
        dropped = st.file_uploader(
            "Drop a ZIP, or tables and pictures",
            type=list(uploading.DROPPED),
            accept_multiple_files=True,
        )
    with folder:
        dropped += st.file_uploader(
            "Drop a whole folder, for example one of pictures and tables",
            accept_multiple_files="directory",
        )
    with path:
        there = st.text_input("The path of a folder, ZIP or table").strip()
    return [Upload(file.name, file.getvalue()) for file in dropped] or (
        Path(there) if there else []
    )


def _bring(source: Path | list[Upload], name: str, request: ImportRequest, *, look: bool) -> None:
    """Import what needs no explanation; ask about the rest, or where the person wants to look."""
    request.check()
    with st.spinner("Looking at the first rows"):
        brought = uploading.bring(open_workspace(), source, name)
    if look or not brought.preview.format:
        mapping.ask(brought, name, request)
    else:
        mapping.queue(brought, name, request)


def _under_way() -> str:
    """Imports under way, and how the one that was just started ended; the data set whose report
    was shown with it, "" for none."""
    watched = state.read("job")
    if not watched and not _active():
        return ""
    jobs.bars(_active)
    ended = [job for job in overview.overview(open_workspace()).recent_jobs if job.id == watched]
    jobs.ended(ended)
    made = ended[0].dataset_id if ended and ended[0].state == "done" else None
    if not made:
        return ""
    if st.button("Look at it", type="primary", icon=":material/arrow_forward:"):
        state.go("catalogue", dataset=made, run="", user="")
    validation.show(made)
    return made


def _active() -> tuple[JobView, ...]:
    found = overview.active_jobs(open_workspace())
    return tuple(job for job in found if job.kind == "import")
