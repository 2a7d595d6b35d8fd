"""How far to trust an explanation, and how many of a run's explanations pass the gate."""

import streamlit as st

from backend.figures import trust as figures
from backend.figures import wording
from backend.workflows import trust
from backend.workflows.explanation import Explanation
from pages.components import ahead, charts
from pages.components.cached import remember
from pages.components.markup import plain
from pages.components.words import explain


def one(found: Explanation) -> None:
    """The verdict in a sentence; below it everything that was measured."""
    if not found.judged:
        _waiting(found.run_id)
        return
    if found.faithful:
        st.success(plain(found.reason), icon=":material/verified:")
    else:
        st.warning(f"Withheld: {plain(found.reason)}", icon=":material/visibility_off:")
    if not found.checks:
        return
    passed = sum(check.passed for check in found.checks)
    with st.expander(f"What was measured: {passed} of {len(found.checks)} checks passed"):
        for check in found.checks:
            icon = ":material/check:" if check.passed else ":material/close:"
            title = plain(figures.check_title(check.name))
            st.markdown(f"{icon} **{title}.** {plain(check.sentence)}")


@st.fragment(run_every=2)
def _waiting(run_id: str) -> None:
    """Looks again until the verdict is there, then draws the page with it."""
    if ahead.judged(run_id):
        st.rerun()
    st.info(f"Not judged yet. {plain(trust.MEASURING)}", icon=":material/hourglass_top:")


def run(run_id: str) -> None:
    """How the gate decides over the heads of many people's lists."""
    with st.skeleton(320):
        found = remember(trust.gate_report, run_id)
    st.subheader("How far to trust these explanations", anchor=False, help=explain("gate"))
    st.markdown(plain(f"{_finding(found)} {found.learned}"))
    left, right = st.columns(2, gap="medium")
    with left:
        charts.show(figures.outcome(found), key="gate_outcome", data=True)
    with right:
        charts.show(figures.measured(found), key="gate_measured", data=True)


def _finding(found: trust.GateReport) -> str:
    if not found.judged:
        return "There was no list to judge."
    return (
        f"Of {found.judged:,} explanations at the head of people's lists, "
        f"{wording.percent(found.share)} pass all checks and are shown."
    )
