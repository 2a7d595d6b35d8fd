"""Second looks that a page offers unasked: leaks in the data, numbers hard to believe."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from backend.workflows import audit, health
from backend.workflows.audit import Suspicion
from backend.workflows.workspace import open_workspace
from pages.components import state
from pages.components.cached import remember
from pages.components.markup import plain

_MOST_OF_A_KIND: Final = 3


def leaks(dataset_id: str) -> None:
    """Ways in which training may know the test, with the way to the details."""
    found = health.leaks(open_workspace(), dataset_id)
    if not found:
        return
    with st.container(border=True, gap="xsmall", key="guard_leaks"):
        for finding in found:
            st.markdown(f":material/warning: **{plain(finding.sentence)}** {plain(finding.why)}")
        state.link(
            "catalogue", "What to do about it", icon=":material/health_and_safety:",
            view="Data health",
        )  # fmt: skip


def numbers(run_ids: Sequence[str], metric: str) -> None:
    """What deserves a second look among these runs."""
    _show(remember(audit.audit, tuple(run_ids), metric))


def experiment(experiment_id: str) -> None:
    """The same for an experiment that has ended."""
    _show(remember(audit.audit_experiment, experiment_id))


def _show(found: Sequence[Suspicion]) -> None:
    if not found:
        return
    grave = [s for s in found if s.kind != "below_noise"]
    deserve = "1 thing deserves" if len(found) == 1 else f"{len(found)} things deserve"
    label = f"{deserve} a second look"
    kinds: dict[str, list[Suspicion]] = {}
    for suspicion in found:
        kinds.setdefault(suspicion.kind, []).append(suspicion)
    few = 0 < len(grave) <= _MOST_OF_A_KIND  # many would push the answer off the page
    with st.expander(label, icon=":material/troubleshoot:", expanded=few):
        for alike in kinds.values():
            for suspicion in alike[:_MOST_OF_A_KIND]:
                st.markdown(f"**{plain(suspicion.sentence)}** {plain(suspicion.advice)}")
            if len(alike) > _MOST_OF_A_KIND:
                st.caption(f"and {len(alike) - _MOST_OF_A_KIND} more of this kind")
