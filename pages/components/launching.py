"""The launch simulator: a new item, and who would want it."""

import streamlit as st

from backend.figures import launch as figures
from backend.figures import theme, wording
from backend.workflows import launch
from backend.workflows.launch import Launch
from backend.workflows.recommendation import RunOption
from backend.workflows.workspace import open_workspace
from pages.components import ahead, cards, charts, headline, pickers, uploads
from pages.components.boundary import boundary

_AUDIENCE = 50
_SHOWN = 10


def show(run: RunOption, top: st.delta_generator.DeltaGenerator) -> None:
    """The form, then the answer in `top` and its pictures below."""
    if not run.reads_content:
        st.info(
            "This model sees clicks only and knows nothing of an item that nobody clicked. Choose "
            "one that reads content above.",
            icon=":material/lightbulb:",
        )
        return
    ahead.new_items(run.run_id)
    brought = uploads.brought(
        run.modalities, "Title and description", placeholder="for example: Striped linen shirt"
    )
    if brought.nothing:
        st.caption("Describe a new item or drop a file of it to see who would be shown it.")
        return
    with boundary():
        with st.skeleton(320):
            found = launch.launch(
                open_workspace(),
                run.run_id,
                brought.picture,
                brought.words,
                _AUDIENCE,
                audio=brought.recording.sound,
                video=brought.recording.clip,
            )
        with top.container():
            headline.show(_finding(found), "Simulated: nothing is stored and nobody is shown it.")
        _answer(found)


def _finding(found: Launch) -> str:
    longest = max(found.reach)
    if not found.reach[longest]:
        return (
            f"Nobody would see it in their top {longest}: "
            f"its best place in anybody's list is number {found.best_rank:,}"
        )
    if not found.reach[20]:
        return (
            "Nobody would see it in their top 20; "
            f"in their top {longest} {_people(found.reach[longest])} would"
        )
    share = found.reach[20] / found.users if found.users else 0.0
    return (
        f"{found.reach[20]:,} of {found.users:,} people ({share:.0%}) would see it in their top 20"
    )


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count:,} people"


def _answer(found: Launch) -> None:
    for column, (length, count) in zip(st.columns(3), found.reach.items(), strict=True):
        column.metric(
            f"In the top {length}",
            f"{count:,}",
            help=f"People in whose own list of {length} the item would stand, as things are now.",
        )
    left, right = st.columns(2, gap="large")
    with left:
        charts.show(figures.segments(found), "launch_segments", data=True)
    with right:
        charts.show(figures.carriers(found), "launch_carriers", data=True)
        strongest = max(found.attributions, key=lambda player: found.attributions[player])
        st.caption(
            f"{theme.player_title(strongest)} speaks for it most among these {len(found.audience)} "
            "people."
        )
    st.markdown(
        "**Who would be first**",
        help="The likeliest takers: a high place in the own list, and a person who chooses much.",
    )
    st.dataframe(
        [
            {
                "Person": pickers.person_name(person.user_id),
                "Place in the own list": person.rank,
                "Choices before": person.history,
                "Score": wording.number(person.score),
            }
            for person in found.audience[:_SHOWN]
        ],
        hide_index=True,
    )
    st.markdown("**Nearest in the catalogue**", help="What this model holds for alike.")
    cards.strip([item.card for item in found.nearest.items], limit=6, side=96)
