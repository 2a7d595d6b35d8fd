"""Which run, which person: the pickers that Recommend and Explain share."""

import random
from collections.abc import Sequence

import streamlit as st

from backend.figures import wording
from backend.workflows import recommendation
from backend.workflows.recommendation import RunOption
from backend.workflows.workspace import open_workspace
from pages.components import cards, state

MOST_BESIDE = 4
_LISTED = 400
_OFFERED = 20


def run(known: Sequence[RunOption], label: str = "Model", default: str = "") -> str:
    """A finished run, the best first."""
    return state.pick(
        label,
        "run",
        [option.run_id for option in known],
        default=default,
        titles={option.run_id: _title(option) for option in known},
    )


def beside(known: Sequence[RunOption], default: str = "") -> list[str]:
    """One to four runs, to stand side by side."""
    left, right = st.columns(2)
    with left:
        first = run(known, default=default)
    others = {option.run_id: _title(option) for option in known if option.run_id != first}
    if not others:
        return [first]
    with right:
        chosen = state.pick_many(
            "Beside it", "other", tuple(others), titles=others, help="Up to three more models."
        )
    return [first, *chosen[: MOST_BESIDE - 1]]


def person(dataset_id: str) -> str:
    """A person, the most active first, or one drawn at random; "" where the data have none."""
    wanted = state.read("user")
    options = recommendation.users(open_workspace(), dataset_id, "", _LISTED)
    if not options:
        return ""
    titles = {
        option.user_id: f"{person_name(option.user_id)} · {option.interactions:,} choices"
        for option in options
    }
    if wanted and wanted not in titles:
        titles = {wanted: person_name(wanted), **titles}
    chosen = state.pick(
        "Person",
        "user",
        list(titles),
        default=options[0].user_id,
        titles=titles,
        forget=("item",),
    )
    st.button(
        "Somebody else",
        icon=":material/shuffle:",
        on_click=_somebody,
        args=(dataset_id,),
        help="Draws a person at random.",
        width="stretch",
    )
    return chosen


def item(run_id: str, user: str) -> str:
    """An item of the person's list, or the one that the URL names."""
    found = recommendation.recommend(open_workspace(), run_id, user, _OFFERED)
    titles = {
        entry.card.item_id: f"{entry.rank}. {wording.shortened(cards.name_of(entry.card), 48)}"
        for entry in found.items
    }
    wanted = state.read("item")
    if wanted and wanted not in titles:
        titles[wanted] = "The item that the link names"
    return state.pick("Item", "item", list(titles), titles=titles)


def person_name(user_id: str) -> str:
    """ "Person 0a3f91c2": at most eight characters of the identifier."""
    return f"Person {wording.shortened(user_id, 8)}"


def _somebody(dataset_id: str) -> None:
    options = recommendation.users(open_workspace(), dataset_id, "", 100_000)
    state.write(user=random.choice(options).user_id, item="")


def _title(option: RunOption) -> str:
    score = f" · NDCG@20 {wording.number(option.score)}" if option.score is not None else ""
    return f"{option.label}{score}"
