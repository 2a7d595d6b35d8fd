"""What a search found: cards with what spoke for each, each modality alone, and on the map."""

import base64
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from backend.figures import catalogue_map as maps_drawn
from backend.figures import recommend as figures
from backend.figures import theme, wording
from backend.schema import Modality
from backend.workflows import catalogue_map as maps
from backend.workflows import recommendation, searching
from backend.workflows.alignment import Hit
from backend.workflows.cards import ItemCard
from backend.workflows.searching import SearchQuery
from backend.workflows.workspace import open_workspace
from pages.components import asking, cards, charts, pictures, state
from pages.components.markup import plain

_ALONE = 6
_PICTURED = 14


def finding(query: SearchQuery, found: Sequence[Hit]) -> tuple[str, str]:
    """What was found, as a headline; how it was looked for, in grey."""
    start = asked(query)
    if not found:
        return f"Nothing comes near {_asked(query)}", ""
    read = f"Compared by {_sources(found)}."
    groups = Counter(hit.card.category.replace("|", ", ") for hit in found if hit.card.category)
    if not groups or groups.most_common(1)[0][1] < 0.3 * len(found):
        first = wording.shortened(cards.name_of(found[0].card), 48)
        return f"{start}: {first}", read
    name, count = groups.most_common(1)[0]
    return f"{start}: {count} of {len(found)} are in {wording.shortened(name, 32)}", read


def cards_of(found: Sequence[Hit]) -> None:
    """Cards with what spoke for each, and the way on."""
    if not found:
        st.info("Raise a weight or change the words.", icon=":material/search_off:")
        return
    names = list(dict.fromkeys(name for hit in found for name in hit.similarities))
    several = len(names) > 1
    if several:
        st.image(figures.legend(names, charts.is_dark()), alt="Colours of the sources")

    def below(place: int, item: ItemCard) -> None:
        near = found[place].similarities
        if several:
            st.image(figures.attribution_strip(near), width="stretch", alt=figures.describe(near))
        asking.choices(place, item)

    cards.grid([hit.card for hit in found], smallest=150, below=below)


def sides(dataset_id: str, query: SearchQuery) -> None:
    """What each modality finds alone, all of them together, and a model where items are given."""
    workspace = open_workspace()
    with st.skeleton(320):
        lists: dict[str, Sequence[ItemCard]] = {
            f"By {_source(name)}": [hit.card for hit in alone]
            for name, alone in searching.side_by_side(workspace, dataset_id, query, _ALONE).items()
        }
        if len(lists) > 1:
            together = searching.search(workspace, dataset_id, query, _ALONE)
            lists["All together"] = [hit.card for hit in together]
        lists |= _model(dataset_id, query)
    everywhere = Counter(item.item_id for items in lists.values() for item in items)
    for column, (title, items) in zip(
        st.columns(len(lists), gap="medium"), lists.items(), strict=True
    ):
        with column:
            st.markdown(f"**{plain(title)}**")
            for item in items:
                again = everywhere[item.item_id] - 1
                note = f"also in {again} other list{'s' if again > 1 else ''}" if again else ""
                cards.row(item, note)


def on_map(dataset_id: str, query: SearchQuery, found: Sequence[Hit]) -> None:
    """The catalogue with the hits in full colour and their pictures where they lie."""
    known = maps.sources(open_workspace(), dataset_id)
    source = state.pick(
        "Alike by",
        "map",
        [name for name in known if name != maps.RUN],
        titles={name: theme.player_title(name) for name in known},
        control="segments",
    )
    workspace = open_workspace()
    kind = "umap" if maps.has_umap(workspace, dataset_id, source) else "pca"
    view = maps.catalogue_map(workspace, dataset_id, source, kind, "category")
    rows = [hit.card.item_num for hit in found if hit.card.item_num < len(view.xy)]
    charts.show(
        maps_drawn.catalogue_map(
            view,
            dark=charts.is_dark(),
            pictures=_pictures(found, len(view.xy)),
            highlighted=rows,
            selectable=False,
        ),
        key="search_map",
        alt=f"{maps_drawn.describe(view)} {len(rows)} hits are marked.",
    )
    spread = maps.nearness(view, rows)
    st.caption(f"{plain(spread)} {maps_drawn.caption(view)}")


def _pictures(found: Sequence[Hit], size: int) -> list[maps_drawn.Picture]:
    dark = charts.is_dark()
    return [
        maps_drawn.Picture(
            hit.card.item_num,
            "data:image/jpeg;base64,"
            + base64.b64encode(pictures.square(hit.card.thumbnail, dark, 96)).decode(),
        )
        for hit in found[:_PICTURED]
        if hit.card.thumbnail and hit.card.item_num < size
    ]


def _model(dataset_id: str, query: SearchQuery) -> dict[str, Sequence[ItemCard]]:
    """What the best model that reads content holds for alike, where the query is items alone."""
    workspace = open_workspace()
    alone = query.like and not (query.words or query.picture or query.unlike)
    readers = [run for run in recommendation.runs(workspace, dataset_id) if run.reads_content]
    if not alone or not readers:
        return {}
    found = recommendation.recommend_like(workspace, readers[0].run_id, query.like, _ALONE)
    return {f"As {found.label} sees it": [item.card for item in found.items]}


def asked(query: SearchQuery | None) -> str:
    """The headline until the answer is there."""
    if query is None:
        return "Find items by words, by a picture, or by other items"
    return f"Nearest to {_asked(query)}"


def _asked(query: SearchQuery) -> str:
    parts = [f"“{wording.shortened(query.words, 40)}”"] if query.words else []
    parts += ["your picture"] if query.picture else []
    if query.like:
        count = len(query.like)
        parts.append("the chosen item" if count == 1 else f"the {count} chosen items")
    return " and ".join(parts)


def _sources(found: Sequence[Hit]) -> str:
    return " and ".join(_source(name) for name in found[0].similarities)


def _source(name: str) -> str:
    return {Modality.IMAGE.value: "picture", Modality.TEXT.value: "words"}.get(
        name, theme.player_title(name).lower()
    )
