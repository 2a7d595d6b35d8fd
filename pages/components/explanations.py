"""A recommendation, a person's list, a whole run: taken apart."""

import streamlit as st

from backend.figures import explain as figures
from backend.figures import theme, wording
from backend.workflows import explanation
from backend.workflows.cards import ItemCard
from backend.workflows.explanation import Explanation
from pages.components import cards, charts, pictures, players, state, trust
from pages.components.cached import remember
from pages.components.words import explain

WAITING = "Taking it apart; the first time for a model takes some seconds more."


def one(found: Explanation) -> None:
    """The item large, the waterfall, how far to trust it."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        _large(found.card)
    with right:
        charts.show(
            figures.waterfall(found),
            key="waterfall",
            data=True,
            alt=f"From baseline {wording.number(found.baseline)} to score "
            f"{wording.number(found.score)}. {found.sentence}",
        )
        trust.one(found)
        _together(found)


def added() -> None:
    """Why there is less to say of an item that was added by hand."""
    st.caption(
        "This item was added after training, so its score comes from its content alone. Which past "
        "choices speak for it, and where inside its picture and words, is shown for items that "
        "were there in training; the launch simulator on the Recommend page says who else would "
        "see an item like it."
    )


def person(run_id: str, user_id: str) -> None:
    """What moves one person's list."""
    found = remember(explanation.explain_user, run_id, user_id)
    left, right = st.columns(2, gap="medium")
    with left:
        charts.show(figures.shares(found), key="shares", data=True)
    with right:
        charts.show(figures.list_contributions(found), key="list_contributions", data=True)


def person_finding(run_id: str, user_id: str) -> str:
    """What moves this person's list most."""
    found = remember(explanation.explain_user, run_id, user_id)
    shares = sorted(found.shares.items(), key=lambda pair: -pair[1])
    if not shares or shares[0][1] == 0:
        return "Nothing personal moves this list"
    first = f"{theme.player_title(shares[0][0])} moves this person's list most: "
    rest = [f"{theme.player_title(name).lower()} {share:.0%}" for name, share in shares[1:]]
    return first + ", ".join([f"{shares[0][1]:.0%}", *rest])


def run(run_id: str) -> None:
    """What moves the lists of a whole run; on generated data, whether that is the truth."""
    with st.skeleton(320):
        found = remember(explanation.explain_run, run_id)
    left, right = st.columns(2, gap="medium")
    with left:
        charts.show(figures.mean_absolute(found), key="mean_absolute", data=True)
    with right:
        charts.show(figures.share_distribution(found), key="share_distribution", data=True)
    if found.recovery is None:
        st.caption(
            "On generated data, where the true weights are known, this page also shows how well "
            "they are found."
        )
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        charts.show(figures.recovery(found.recovery), key="recovery", data=True)
    with right:
        st.metric(
            "People: rank correlation with the truth",
            wording.number(found.recovery.spearman_users),
            border=True,
            help="1 means that weights order people exactly as they were planted; 0 is chance.",
        )
        st.metric(
            "Single contributions: rank correlation",
            wording.number(found.recovery.spearman_pairs),
            border=True,
            help="How well the contributions to single person-item pairs are ordered; 1 is "
            "perfect, 0 is chance.",
        )
        if found.recovery.first_share is not None:
            st.metric(
                "People whose most important source is found",
                wording.percent(found.recovery.first_share),
                border=True,
                help="The share of people whose larger planted weight also ranks first in what "
                "was found; half by chance.",
            )


def _large(item: ItemCard) -> None:
    path, name = item.image or item.thumbnail, cards.name_of(item)
    # a video shows its own still
    if item.image is not None or item.video is None:
        st.image(
            pictures.square(path, charts.is_dark(), 480),
            width="stretch",
            alt=name if path else f"{name} (no picture)",
        )
    players.show(item)
    st.text(name)
    if item.price is not None or item.category:
        price = f"{item.price:,.2f}" if item.price is not None else ""
        cards.quiet(" · ".join(part for part in (price, item.category) if part))
    if item.text:
        st.text(wording.shortened(item.text, 320))
    state.link(
        "recommend",
        "Back to the list",
        icon=":material/arrow_back:",
        item="",
    )


def _together(found: Explanation) -> None:
    """Which two sources are worth more, or less, together than apart."""
    pairs = {
        name: value
        for name, value in found.interactions.items()
        if abs(value) > 1e-6 * max(1.0, abs(found.score))
    }
    if not pairs:
        return
    name, value = max(pairs.items(), key=lambda pair: abs(pair[1]))
    both = " and ".join(theme.player_title(player).lower() for player in name.split("+"))
    verb = "worth more" if value > 0 else "partly the same"
    st.caption(
        f"Together, {both} are {verb} ({wording.signed(value)}).", help=explain("attribution")
    )
