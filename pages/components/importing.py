"""Bring data in: an upload or a folder, its progress, and what was accepted and refused."""

from pathlib import Path

import pandas as pd
import streamlit as st

from backend.workflows import catalogue, overview
from backend.workflows.importing import StepRecord
from backend.workflows.jobviews import JobView
from backend.workflows.workspace import open_workspace
from pages.components import jobs, state
from pages.components.markup import plain

_FORMAT = """A ZIP, or a folder on this machine, with

- `interactions.csv` (or `.parquet`): `user_id,item_id` and, where known, `rating`, `timestamp`,
  `split`;
- `items.csv` (or `.parquet`): `item_id,title,text,category,price,image`; every other column becomes
  an attribute;
- the pictures that the column `image` names, for example `images/0123.jpg`;
- sound and video in columns `audio` and `video`, or as `audio/<item_id>.wav`,
  `video/<item_id>.mp4`.

Bad rows are listed with their number and the reason; good rows are kept."""


def form() -> None:
    """Upload or folder, a name, and the one button; below it what is being imported."""
    left, right = st.columns([3, 2], gap="medium")
    with right, st.container(border=True):
        st.markdown("**What can be imported**")
        st.markdown(_FORMAT)
    with left, st.form("import", border=True):
        upload = st.file_uploader("Drop a ZIP here", type=["zip"])
        folder = st.text_input("or the path of a folder or ZIP on this machine")
        name = st.text_input(
            "Name of the data set", placeholder="for example: Winter shop", max_chars=60
        )
        if st.form_submit_button("Import", type="primary", icon=":material/upload:"):
            if upload is None and not folder.strip():
                st.error("Drop a ZIP or give the path of a folder.")
            elif not name.strip():
                st.error("Give the data set a name.")
            elif upload is not None:
                _queue(upload.getvalue(), upload.name, name.strip())
            else:
                _queue(Path(folder.strip()), Path(folder.strip()).name, name.strip())
    _under_way()


def report(dataset_id: str) -> None:
    """What the import of the chosen data set accepted and refused."""
    found = catalogue.report(open_workspace(), dataset_id)
    if found is None:
        return
    st.subheader("What the import of this data set found", anchor=False)
    st.markdown(
        f"Accepted {found.items:,} items, {found.interactions:,} interactions of {found.users:,} "
        f"people, {found.pictures:,} pictures and {found.recordings:,} recordings; rows refused: "
        f"{found.rejected:,}."
    )
    if found.cleaning:
        _cleaned(found.cleaning)
    for warning in found.warnings:
        st.warning(plain(warning))
    if not found.problems:
        st.success("Every row could be used.", icon=":material/check_circle:")
        return
    counts = pd.DataFrame(
        {"Reason": list(found.counts), "Times": list(found.counts.values())}
    ).sort_values("Times", ascending=False)
    st.dataframe(counts, hide_index=True, alt="Problems by reason")
    examples = pd.DataFrame(
        {
            "File": [problem.file for problem in found.problems],
            "Row": [problem.row for problem in found.problems],
            "Column": [problem.column for problem in found.problems],
            "Reason": [problem.reason for problem in found.problems],
            "What stood there": [problem.value for problem in found.problems],
        }
    )
    st.dataframe(examples, hide_index=True, height=320, alt="Problems with their rows")
    st.download_button(
        "Download the report (CSV)",
        lambda: catalogue.report_csv(open_workspace(), dataset_id),
        file_name="import-report.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _cleaned(steps: tuple[StepRecord, ...]) -> None:
    """The chain of steps and what each left, in order."""
    table = pd.DataFrame(
        {
            "What was done": [step.what for step in steps],
            "Interactions": [_change(*step.interactions) for step in steps],
            "People": [_change(*step.users) for step in steps],
            "Items": [_change(*step.items) for step in steps],
            "Changed": [f"{step.changed:,}" if step.changed else "" for step in steps],
        }
    )
    st.dataframe(table, hide_index=True, alt="Steps of cleaning and what each left")


def _change(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} → {after:,}"


def _queue(source: Path | bytes, filename: str, name: str) -> None:
    job = catalogue.queue_import(open_workspace(), source, filename, name)
    state.write(job=job.id)
    st.rerun()


def _under_way() -> None:
    """Imports under way, and how the one that was just started ended."""
    watched = state.read("job")
    if not watched and not _active():
        return
    jobs.bars(_active)
    ended = [job for job in overview.overview(open_workspace()).recent_jobs if job.id == watched]
    jobs.ended(ended)
    if ended and ended[0].state == "done":
        newest = catalogue.datasets(open_workspace())[0]
        if st.button("Look at it", type="primary", icon=":material/arrow_forward:"):
            state.go("catalogue", dataset=ended[0].dataset_id or newest.id, run="", user="")


def _active() -> tuple[JobView, ...]:
    found = overview.active_jobs(open_workspace())
    return tuple(job for job in found if job.kind == "import")
