"""Does this model read my images? The answer of a run's probe, or the button that asks."""

import streamlit as st

from backend.figures import probe as figures
from backend.figures import wording
from backend.workflows import probe_view
from backend.workflows.workspace import open_workspace
from pages.components import charts, jobs
from pages.components.boundary import boundary
from pages.components.markup import plain


def panel(run_id: str) -> None:
    """The answer first, then the figure, then how to ask again."""
    st.subheader("Does this model read the content?")
    found = probe_view.probe_view(open_workspace(), run_id)
    if found.job is not None and found.job.state in ("queued", "running"):
        jobs.bars(lambda: _active(run_id))
        return
    if found.job is not None and found.job.error:
        st.error(plain(found.job.error))
    if found.probe is None:
        st.caption(
            "Not asked yet. The content of one modality at a time is swapped, blurred and taken "
            "away, and the lists before and after are compared. The model is not asked what it "
            "reads; its lists tell."
        )
    else:
        for use in found.probe.modalities:
            st.markdown(plain(use.sentence))
        charts.show(figures.drops(found.probe), key="probe", data=True, alt=found.probe.sentence)
        st.caption(
            f"{found.probe.users:,} people. Right of zero: lists became worse without it. A range "
            "that holds zero may be chance."
        )
    _ask(run_id, found.probe is not None, found.training_seconds)


def _ask(run_id: str, again: bool, seconds: float) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Ask again" if again else "Find out",
            icon=":material/science:",
            type="secondary" if again else "primary",
            key="probe_ask",
        )
        retrain = st.checkbox(
            "Also train without each modality",
            key="probe_retrain",
            help="What lists do not read is always taken from training too. This does so for "
            f"every modality, at about {wording.duration(seconds)} each.",
        )
    if pressed:
        with boundary():
            probe_view.start_probe(open_workspace(), run_id, retrain=retrain)
            st.rerun()


def _active(run_id: str) -> list[probe_view.JobView]:
    job = probe_view.probe_view(open_workspace(), run_id).job
    return [job] if job is not None and job.state in ("queued", "running") else []
