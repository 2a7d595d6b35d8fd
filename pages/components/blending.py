"""Which finished runs an ensemble blends, and how much each of them counts in a finished one."""

import streamlit as st

from backend.figures import wording
from backend.workflows import ensembling
from backend.workflows.training import RunProgress
from backend.workflows.workspace import open_workspace
from pages.components import state
from pages.components.markup import plain

_PROPOSED = 3


def members(dataset_id: str) -> dict[str, object]:
    """The setting that names the members; empty, with a sentence, where there is nothing to
    blend."""
    known = ensembling.candidates(open_workspace(), dataset_id)
    if len(known) < 2:
        st.info(
            "An ensemble blends finished runs. Train two or more models first, then blend them.",
            icon=":material/join:",
        )
        return {}
    usual = [c for c in known if c.protocol == known[0].protocol]
    several = len({c.protocol for c in known}) > 1
    titles = {
        c.run_id: " · ".join(
            part
            for part in (
                c.label,
                f"NDCG@20 {wording.number(c.score)}" if c.score is not None else "",
                c.protocol if several else "",
            )
            if part
        )
        for c in known
    }
    chosen = state.pick_many(
        "Runs to blend",
        "blend",
        list(titles),
        default=[c.run_id for c in usual[:_PROPOSED]],
        titles=titles,
        help="The figures are of the validation part, which also decides how much each run counts. "
        "Blend models that differ: clicks and content, closed forms and learned vectors.",
    )
    return {"runs": ",".join(chosen)}


def weights(run: RunProgress) -> None:
    """One line under a finished ensemble: its members, the loudest first."""
    shares = ensembling.shares(open_workspace(), run.run.id)
    if not shares:
        return
    ordered = sorted(shares, key=lambda label: -shares[label])
    told = ", ".join(f"{plain(label)} {shares[label]:.0%}" for label in ordered)
    st.caption(f"What each member counts, chosen on the validation part: {told}.")
