"""Which encoder has read which modality, whether well, and what reading with another costs."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from backend.figures import theme, wording
from backend.workflows import catalogue, encoding, overview, training
from backend.workflows.catalogue import FeatureState
from backend.workflows.encoding import EncodingEstimate
from backend.workflows.jobviews import JobView
from backend.workflows.training import Choice, Choices
from backend.workflows.workspace import open_workspace
from pages.components import jobs
from pages.components.boundary import boundary
from pages.components.markup import plain
from pages.components.words import explain

_LEFT_OUT = "none"


def show(dataset_id: str) -> None:
    """What was encoded so far, and the way to encode with another encoder."""
    workspace = open_workspace()
    found = catalogue.features(workspace, dataset_id)
    choices = training.choices(workspace, dataset_id)
    known = {choice.name: choice for options in choices.encoders.values() for choice in options}
    if found:
        _table(found, known)
        _warnings(dataset_id)
    else:
        st.info(
            "Nothing was encoded yet. Training encodes by itself; you can also do it now.",
            icon=":material/lightbulb:",
        )
    jobs.bars(lambda: _active(dataset_id))
    with st.container(border=True):
        st.markdown("**Encode**", help=explain("encoder"))
        chosen = _chosen(choices)
        with boundary():
            _start(dataset_id, chosen)


def _table(found: tuple[FeatureState, ...], known: Mapping[str, Choice]) -> None:
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


def _warnings(dataset_id: str) -> None:
    with boundary():
        for sentences in encoding.vector_warnings(open_workspace(), dataset_id).values():
            st.warning(" ".join(map(plain, sentences)), icon=":material/warning:")


def _chosen(choices: Choices) -> dict[str, str]:
    """One column per modality, three in a row, each with what the chosen encoder does."""
    chosen: dict[str, str] = {}
    for place, (modality, options) in enumerate(choices.encoders.items()):
        if place % 3 == 0:
            columns = st.columns(3, gap="medium")
        names = [choice.name for choice in options]
        by_name = {choice.name: choice for choice in options}
        titles = {choice.name: choice.title for choice in options} | {_LEFT_OUT: "Leave out"}
        with columns[place % 3]:
            picked = st.selectbox(
                theme.player_title(modality),
                [_LEFT_OUT, *names] if modality in choices.optional else [*names, _LEFT_OUT],
                format_func=titles.get,
                key=f"encode_{modality}",
            )
            if picked in by_name:
                chosen[modality] = picked
                st.caption(plain(by_name[picked].summary))
    return chosen


def _start(dataset_id: str, chosen: Mapping[str, str]) -> None:
    costs = encoding.estimate_costs(open_workspace(), dataset_id, chosen) if chosen else ()
    problems = [cost for cost in costs if cost.problem]
    for cost in problems:
        st.warning(f"{theme.player_title(cost.modality)}: {plain(cost.problem)}")
    if costs and not problems:
        st.caption(_price(costs))
    if st.button(
        "Encode now",
        type="primary",
        icon=":material/play_arrow:",
        disabled=not chosen or bool(problems),
        key="encode_now",
    ):
        catalogue.queue_encode(open_workspace(), dataset_id, chosen)
        st.rerun()


def _price(costs: tuple[EncodingEstimate, ...]) -> str:
    """What is new, how long it takes and where the figure comes from, in one or two sentences."""
    new = [cost for cost in costs if cost.new]
    if not new:
        return "Everything was read with these encoders before; encoding again costs nothing."
    parts = [
        f"{theme.player_title(cost.modality).lower()} {cost.new:,} "
        f"({'learns first, ' if cost.learns else ''}about {wording.duration(cost.seconds)})"
        for cost in new
    ]
    total = wording.duration(sum(cost.seconds for cost in new))
    basis = " and ".join(dict.fromkeys(cost.basis for cost in new))
    return f"To read: {', '.join(parts)}. About {total} in all, going by {basis}."


def _title(encoder: str, known: Mapping[str, Choice]) -> str:
    """The encoder's title, with what follows its name in `name:settings`."""
    name, colon, rest = encoder.partition(":")
    return (known[name].title if name in known else name) + colon + rest


def _active(dataset_id: str) -> tuple[JobView, ...]:
    found = overview.active_jobs(open_workspace())
    return tuple(job for job in found if job.kind == "encode" and job.dataset_id == dataset_id)
