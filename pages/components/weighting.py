"""Sliders for what should count in a list, and what moves because of them."""

from collections.abc import Mapping, Sequence

import streamlit as st

from backend.figures import theme, wording
from backend.workflows import weighting
from backend.workflows.recommendation import RecommendationList
from backend.workflows.reranking import Wishes
from backend.workflows.weighting import LOUDEST, Move, Reweighed
from backend.workflows.workspace import open_workspace
from pages.components import cards, state
from pages.components.boundary import boundary
from pages.components.markup import plain

_PARAMETER = "weigh"
_STEP = 0.1


def turned(
    found: Sequence[RecommendationList], user: str, wishes: Wishes
) -> list[RecommendationList]:
    """The lists as the sliders want them; drawn where this is called are sliders and moves.

    Wishes change the order by themselves, so with any the sliders wait.
    """
    players = _players(found)
    if not players:
        return list(found)
    if not wishes.change_nothing:
        with st.expander("Weigh the sources", icon=":material/tune:"):
            cards.quiet("Here are sliders for each source once the list has no other changes.")
        return list(found)
    with st.expander("Weigh the sources", icon=":material/tune:", expanded=bool(_stored(players))):
        weights = _sliders(players)
        if not weights:
            cards.quiet("1 is the model as it is, 0 leaves a source out. Lists follow at once.")
            return list(found)
        with boundary():
            results = [
                weighting.reweigh(open_workspace(), single, user, weights)
                if len(single.players) > 1
                else None
                for single in found
            ]
            for result in results:
                if result is not None:
                    _moved(result, weights)
            return [
                single if result is None else result.found
                for single, result in zip(found, results, strict=True)
            ]
    return list(found)


def _sliders(players: Sequence[str]) -> dict[str, float]:
    """Player -> weight, for those that are not at 1; bound to the URL."""
    stored = _stored(players)
    chosen: dict[str, float] = {}
    for player in players:
        key = f"weigh_{player}"
        now = stored.get(player, 1.0)
        if st.session_state.get(key) != now:
            st.session_state[key] = now
        weight = st.slider(
            theme.player_title(player),
            0.0,
            LOUDEST,
            step=_STEP,
            key=key,
            on_change=_store,
            args=(tuple(players),),
        )
        if weight != 1.0:
            chosen[player] = weight
    if chosen:
        st.button(
            "All back to 1",
            icon=":material/undo:",
            on_click=_reset,
            key="weigh_reset",
            width="stretch",
        )
    return chosen


def _moved(result: Reweighed, weights: Mapping[str, float]) -> None:
    st.markdown(f"**{plain(result.found.label)}: what moved**")
    moves = [move for move in result.moves if move.before != move.rank]
    if not moves:
        st.caption("Nothing: with these weights the list stays as it was.")
    for move in moves:
        st.caption(_told(move, weights))
    if result.gone:
        names = ", ".join(plain(wording.shortened(cards.name_of(c), 32)) for c in result.gone)
        st.caption(f"No longer in the list: {names}.")


def _told(move: Move, weights: Mapping[str, float]) -> str:
    """ "↑ 7 → 2 Red dress: Image counts more"."""
    arrow = "↑" if move.rank < move.before else "↓"
    name = plain(wording.shortened(cards.name_of(move.card), 32))
    more = "more" if weights.get(move.player, 1.0) > 1.0 else "less"
    reason = f": {theme.player_title(move.player).lower()} counts {more}"
    if move.player not in weights:
        reason = ""
    return f"{arrow} {move.before} → {move.rank} {name}{reason}"


def _players(found: Sequence[RecommendationList]) -> tuple[str, ...]:
    """Of all lists that have more than one source to weigh, each once."""
    several = [single.players for single in found if len(single.players) > 1]
    return tuple(dict.fromkeys(player for players in several for player in players))


def _stored(players: Sequence[str]) -> dict[str, float]:
    """What the URL says; anything that is no weight of these players is ignored."""
    found: dict[str, float] = {}
    for part in state.read_many(_PARAMETER):
        player, _, number = part.partition(":")
        try:
            weight = round(float(number), 1)
        except ValueError:
            continue
        if player in players and 0.0 <= weight <= LOUDEST:
            found[player] = weight
    return found


def _store(players: tuple[str, ...]) -> None:
    chosen = {player: float(st.session_state[f"weigh_{player}"]) for player in players}
    state.write(weigh=",".join(f"{p}:{w:.1f}" for p, w in chosen.items() if w != 1.0))


def _reset() -> None:
    state.write(weigh="")
