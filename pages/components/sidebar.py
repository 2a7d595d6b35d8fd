"""What stands beside every page: where to go, on which data, and who does the work."""

import streamlit as st

from backend.workflows import catalogue, overview
from backend.workflows.workspace import open_workspace
from pages.components import frame, state
from pages.components.markup import plain


def draw() -> None:
    """Data set picker, links that keep what is chosen, the machine in the corner."""
    with st.sidebar:
        st.markdown("#### :material/join_inner: FusionLens")
        _dataset()
        for name, (title, icon) in frame.PAGES.items():
            state.link(name, title, icon=icon)
        st.space("small")
        _machine()


def _dataset() -> None:
    """Resolve the data set; the choice of another one drops run, person and filters."""
    known = catalogue.datasets(open_workspace())
    if not known:
        st.session_state["_dataset"] = ""
        st.caption("No data yet")
        return
    titles = {record.id: record.name for record in known}
    wanted = state.read("dataset")
    by_name = {record.name: record.id for record in known}
    if wanted and wanted not in titles:
        if wanted in by_name:
            state.write(dataset=by_name[wanted])
        else:
            st.warning("The link names a data set that is not here; this is the newest one.")
    others = [name for name in st.query_params if name != "dataset"]
    st.session_state["_dataset"] = state.pick(
        "Data set",
        "dataset",
        list(titles),
        titles=titles,
        forget=others,
        help="Everything on the pages is about this data set.",
    )


def _machine() -> None:
    machine = overview.machine(open_workspace())
    if machine.worker_alive:
        st.caption(
            f":material/memory: {plain(machine.device)} · worker ready",
            help="Training and encoding run in a worker of their own; closing the browser does "
            "not stop them.",
        )
    else:
        st.caption(
            f":material/warning: {plain(machine.device)} · no worker is running",
            help="Jobs wait until a worker starts: run `python -m backend worker`, or start "
            "everything with `make run`.",
        )
