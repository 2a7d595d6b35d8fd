"""What an import accepted and left out, why, and what to do about it."""

from typing import Final

import pandas as pd
import streamlit as st

from backend.workflows import catalogue
from backend.workflows.importing import StepRecord, ValidationReport
from backend.workflows.remedies import remedy
from backend.workflows.workspace import open_workspace
from pages.components.markup import plain

_WORDS: Final = {"user_id": "the person's identifier", "item_id": "the item's identifier"}


def show(dataset_id: str) -> None:
    """The report of a data set's import; nothing where none was kept."""
    found = catalogue.report(open_workspace(), dataset_id)
    if found is None:
        return
    st.subheader(_finding(found), anchor=False)
    st.markdown(_accepted(found))
    if found.cleaning:
        _cleaned(found.cleaning)
    for warning in found.warnings:
        st.info(plain(warning), icon=":material/info:")
    if not found.problems:
        st.success("Every row could be used.", icon=":material/check_circle:")
        return
    st.markdown("**What was left out, and what to do**")
    _reasons(found)
    st.markdown("**Where it stands**")
    _places(found)
    st.download_button(
        "Download the report (CSV)",
        lambda: catalogue.report_csv(open_workspace(), dataset_id),
        file_name="import-report.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        key=f"report_{dataset_id}",
    )


def _finding(found: ValidationReport) -> str:
    if not found.problems:
        return "The import took everything"
    if not found.rejected:
        return "The import took every row, with some gaps"
    rows = "row was" if found.rejected == 1 else "rows were"
    return f"The good rows were imported; {found.rejected:,} {rows} left out"


def _accepted(found: ValidationReport) -> str:
    return (
        f"Accepted {found.items:,} items, {found.interactions:,} interactions of {found.users:,} "
        f"people, {found.pictures:,} pictures and {found.recordings:,} recordings; rows refused: "
        f"{found.rejected:,}. Bad rows never stop an import."
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


def _reasons(found: ValidationReport) -> None:
    """Most frequent first, with a bar each."""
    counts = sorted(found.counts.items(), key=lambda entry: -entry[1])
    table = pd.DataFrame(
        {
            "Reason": [_sentence(reason) for reason, _ in counts],
            "Times": [times for _, times in counts],
            "What to do": [remedy(reason) for reason, _ in counts],
        }
    )
    most = max(times for _, times in counts)
    bar = st.column_config.ProgressColumn(
        format="localized", min_value=0, max_value=most, width="small"
    )
    st.dataframe(table, hide_index=True, column_config={"Times": bar}, alt="Problems by reason")


def _places(found: ValidationReport) -> None:
    problems = found.problems
    table = pd.DataFrame(
        {
            "File": [problem.file for problem in problems],
            "Row": pd.array([problem.row for problem in problems], dtype="Int64"),
            "Column": [problem.column for problem in problems],
            "What stood there": [problem.value or "(empty)" for problem in problems],
            "Reason": [_sentence(problem.reason) for problem in problems],
        }
    )
    height = "content" if len(table) <= 8 else 320
    st.dataframe(table, hide_index=True, height=height, alt="Problems with their rows")
    total = sum(found.counts.values())
    if total > len(problems):
        st.caption(f"{len(problems):,} examples of {total:,}: the first of each reason.")


def _sentence(reason: str) -> str:
    """In the words of the page, not in those of the tables."""
    for column, words in _WORDS.items():
        reason = reason.replace(column, words)
    return reason[:1].upper() + reason[1:]
