"""Which encoder has read which modality."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from backend.figures import theme, wording
from backend.workflows import catalogue, overview, training
from backend.workflows.jobviews import JobView
from backend.workflows.training import Choice
from backend.workflows.workspace import open_workspace
from pages.components import jobs
from pages.components.markup import plain
from pages.components.words import explain


def show(dataset_id: str) -> None:
    """What was encoded so far, and the way to encode with another encoder."""
    workspace = open_workspace()
    found = catalogue.features(workspace, dataset_id)
    choices = training.choices(workspace, dataset_id)
    known = {choice.name: choice for options in choices.encoders.values() for choice in options}
    if not found:
        st.info(
            "Nothing was encoded yet. Training encodes by itself; you can also do it now.",
            icon=":material/lightbulb:",
        )
    else:
        st.dataframe(
            pd.DataFrame(
                {
                    "Modality": [theme.player_title(f.modality) for f in found],
                    "Encoder": [_title(f.encoder, known) for f in found],
                    "Numbers per item": [f"{f.dim:,}" for f in found],
                    "Encoded": [f"{f.encoded:,}" for f in found],
                    "Known before": [f"{f.cached:,}" for f in found],
                    "Missing": [f"{f.missing:,}" for f in found],
                    "Items per second": [wording.number(f.per_second) for f in found],
                }
            ),
            hide_index=True,
            alt="Encoded modalities",
        )
    jobs.bars(lambda: _active(dataset_id))
    with st.form("encode", border=True):
        st.markdown("**Encode**", help=explain("encoder"))
        chosen = {
            modality: st.selectbox(
                theme.player_title(modality),
                [choice.name for choice in options],
                format_func={choice.name: choice.title for choice in options}.get,
            )
            for modality, options in choices.encoders.items()
        }
        for choice in known.values():
            st.caption(f"{plain(choice.title)}: {plain(choice.summary)}")
        if st.form_submit_button("Encode now", type="primary", disabled=not chosen):
            catalogue.queue_encode(workspace, dataset_id, chosen)
            st.rerun()


def _title(encoder: str, known: Mapping[str, Choice]) -> str:
    """The encoder's title, with what follows its name in `name:settings`."""
    name, colon, rest = encoder.partition(":")
    return (known[name].title if name in known else name) + colon + rest


def _active(dataset_id: str) -> tuple[JobView, ...]:
    found = overview.active_jobs(open_workspace())
    return tuple(job for job in found if job.kind == "encode" and job.dataset_id == dataset_id)
