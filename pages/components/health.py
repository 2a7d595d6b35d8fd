"""Data health: what needs attention before training, each with a way on."""

import pandas as pd
import streamlit as st

from backend.figures import health as figures
from backend.figures import wording
from backend.workflows import health, overview
from backend.workflows.health import Area, Finding, HealthReport, Severity
from backend.workflows.jobviews import JobView
from backend.workflows.workspace import open_workspace
from pages.components import cards, charts, jobs, state
from pages.components.cached import remember
from pages.components.markup import plain

VIEW = "Data health"
_MARKS = {
    Severity.PROBLEM: (":material/error:", "Problem"),
    Severity.ATTENTION: (":material/warning:", "Look at this"),
    Severity.NOTE: (":material/info:", "Good to know"),
}
_STEPS = {
    "gallery": ("catalogue", {"view": "Gallery"}, ":material/storefront:"),
    "features": ("catalogue", {"view": "Features"}, ":material/neurology:"),
    "import": ("catalogue", {"view": "Import"}, ":material/upload:"),
    "map": ("catalogue", {"view": "Map"}, ":material/scatter_plot:"),
    "train": ("train", {}, ":material/model_training:"),
    "segments": ("compare", {}, ":material/leaderboard:"),
}
_GROUPS = 3


def finding(dataset_id: str) -> str:
    """The page's first sentence."""
    return health.health(open_workspace(), dataset_id).headline


def context(dataset_id: str) -> str:
    """What was looked at."""
    report = health.health(open_workspace(), dataset_id)
    closed = sum(not area.open for area in report.areas)
    return f"{closed} of {len(report.areas)} areas looked at; all of them are listed below."


def hint(dataset_id: str) -> str:
    """The same for the other views, in a word."""
    return f"{finding(dataset_id)}: see {VIEW}."


def show(dataset_id: str) -> None:
    """What is pressing, the figures, then everything that was looked at."""
    report = health.health(open_workspace(), dataset_id)
    waiting = st.empty()
    pressing = [f for f in report.findings if f.severity is not Severity.NOTE]
    notes = [f for f in report.findings if f.severity is Severity.NOTE]
    _primary(pressing)
    for found in pressing:
        _card(dataset_id, found)
    if notes:
        with st.expander(f"Good to know ({len(notes)})", expanded=not pressing):
            for found in notes:
                _card(dataset_id, found, border=False)
    _figures(report)
    _areas(report.areas)
    if not report.complete:
        with waiting.container():
            _look_closer(dataset_id)


def _primary(pressing: list[Finding]) -> None:
    """The one thing to do next: the gravest finding's way on, else training."""
    fix = next((f.fix for f in pressing if f.fix), None)
    label = fix.label if fix else "Train models"
    page, view, icon = _STEPS[fix.step if fix else "train"]
    if st.button(plain(label), type="primary", icon=icon, key="health_primary"):
        state.go(page, **{**view, **(dict(fix.parameters) if fix else {})})


def _card(dataset_id: str, found: Finding, *, border: bool = True) -> None:
    icon, word = _MARKS[found.severity]
    with st.container(border=border, gap="xsmall", key=f"finding_{found.name}"):
        st.markdown(f"{icon} **{plain(found.sentence)}**", help=word)
        st.markdown(plain(found.why))
        st.markdown(f"**What to do:** {plain(found.advice)}")
        _examples(dataset_id, found)
        with st.container(horizontal=True, vertical_alignment="center"):
            if found.fix:
                page, view, icon = _STEPS[found.fix.step]
                state.link(page, found.fix.label, icon=icon, **{**view, **found.fix.parameters})
            if found.items:
                st.download_button(
                    f"These {len(found.items):,} items (CSV)",
                    lambda: health.items_csv(open_workspace(), dataset_id, found.name),
                    file_name=f"{found.name}.csv",
                    mime="text/csv",
                    key=f"csv_{found.name}",
                    on_click="ignore",
                    type="tertiary",
                    icon=":material/download:",
                )


def _examples(dataset_id: str, found: Finding) -> None:
    """A few of the items: groups side by side, others in one row."""
    if found.groups:
        with st.container(horizontal=True, gap="small"):
            for group in found.groups[:_GROUPS]:
                with st.container(border=True, width="content", gap="xxsmall"):
                    cards.strip(remember(health.cards, dataset_id, group[:4]), limit=4, side=64)
                    cards.quiet(f"{len(group):,} alike")
        return
    if found.items:
        cards.strip(remember(health.cards, dataset_id, found.items[:8]), side=64)


def _figures(report: HealthReport) -> None:
    cells = st.grid(2, min_column_width=360)
    for name, figure in (
        ("coverage", figures.coverage(report)),
        ("nearest", figures.nearest(report)),
        ("concentration", figures.concentration(report)),
        ("thin", figures.thin(report)),
    ):
        with cells.cell():
            charts.show(figure, key=f"health_{name}", data=True)


def _areas(areas: tuple[Area, ...]) -> None:
    st.subheader("What was looked at", anchor=False)
    st.dataframe(
        pd.DataFrame(
            {
                "Area": [area.title for area in areas],
                "Result": [_result(area) for area in areas],
                "Looked for": [area.looked_for for area in areas],
            }
        ),
        hide_index=True,
        height="content",
        alt="Areas that were looked at, with what was found",
    )


def _result(area: Area) -> str:
    count = len(area.findings)
    if count:
        return f"{count} finding{'s' if count > 1 else ''}"
    return area.open or "nothing stands out"


def _look_closer(dataset_id: str) -> None:
    """Pictures and encoded contents: at once where that takes seconds, else as a job."""
    workspace = open_workspace()
    if not health.needs_job(workspace, dataset_id):
        bar = st.progress(0.0, text="Looking at pictures and encoded contents")
        health.look_closer(workspace, dataset_id, lambda what, part: bar.progress(part))
        st.rerun()
    if _active(dataset_id):
        jobs.bars(lambda: _active(dataset_id))
        return
    seconds = wording.duration(health.seconds_needed(workspace, dataset_id))
    st.info(
        "Pictures and encoded contents of a catalogue this large are looked at by a job, about "
        f"{seconds}; you can close the browser meanwhile.",
        icon=":material/schedule:",
    )
    if st.button("Look at the contents", key="health_job", icon=":material/search:"):
        health.queue_look(workspace, dataset_id)
        st.rerun()


def _active(dataset_id: str) -> tuple[JobView, ...]:
    found = overview.active_jobs(open_workspace())
    return tuple(job for job in found if job.kind == "health" and job.dataset_id == dataset_id)
