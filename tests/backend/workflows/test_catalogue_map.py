from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.errors import InvalidInput, NotFound
from backend.features import projection
from backend.jobs.handlers import JobContext
from backend.workflows import catalogue_map as maps
from backend.workflows import handlers
from backend.workflows.catalogue_map import CatalogueMap
from backend.workflows.importing import encode_data
from backend.workflows.map_areas import write_area
from backend.workflows.map_colours import Groups, Scale, colour_titles, colouring
from backend.workflows.map_selection import read_report, select
from backend.workflows.splitting import tested_split as split_of
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from db.repositories import Jobs


@pytest.fixture(scope="module")
def encoded(workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]) -> DatasetRecord:
    """The shop after its runs, which have encoded it."""
    assert runs
    return shop


def _view(workspace: Workspace, shop: DatasetRecord, colour: str = "category") -> CatalogueMap:
    return maps.catalogue_map(workspace, shop.id, "image", "pca", colour)


def test_a_map_holds_the_items_that_have_such_content(
    workspace: Workspace, encoded: DatasetRecord
) -> None:
    view = _view(workspace, encoded)
    assert view.total == len(view.rows) == len(view.titles)
    assert np.isfinite(view.xy[view.rows]).all()
    assert np.isnan(np.delete(view.xy, view.rows, axis=0)).all()
    assert 0 < (view.share or 0) <= 1
    assert "neighbours share its category" in view.reading


def test_sources_are_what_is_encoded_and_runs_with_vectors(
    workspace: Workspace, encoded: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    assert maps.sources(workspace, encoded.id) == ("image", "text", "run")
    assert runs["fused"].id in maps.runs(workspace, encoded.id)
    assert runs["ease"].id not in maps.runs(workspace, encoded.id)
    view = maps.catalogue_map(
        workspace, encoded.id, "run", "pca", "popularity", run_id=runs["fused"].id
    )
    assert view.source == "As seen by Fused · Late fusion"
    assert view.total == encoded.items
    with pytest.raises(InvalidInput, match="not encoded yet"):
        maps.catalogue_map(workspace, encoded.id, "audio", "pca", "category")


def test_a_large_catalogue_is_drawn_as_a_sample_and_selected_whole(
    workspace: Workspace, encoded: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "MOST_POINTS", 25)
    view = maps._drawn.__wrapped__(
        workspace, encoded.id, "image", "pca", "price", "", split_of(workspace, encoded), ""
    )
    assert len(view.rows) == 25
    assert view.total > 25
    everything = select(workspace, encoded.id, view, _everywhere(view), ())
    assert len(everything.rows) == view.total


def _everywhere(view: CatalogueMap) -> str:
    known = view.xy[view.rows]
    low, high = known.min() - 0.2, known.max() + 0.2
    return write_area([np.array([[low, low], [high, low], [high, high], [low, high]])], view.xy)


def test_a_selection_is_told_in_words(workspace: Workspace, encoded: DatasetRecord) -> None:
    view = _view(workspace, encoded)
    chosen = select(workspace, encoded.id, view, _everywhere(view), ())
    assert chosen.sentence.startswith(f"{view.total} of {view.total} items selected, most")
    popular = [card.popularity for card in maps.cards(workspace, encoded.id, chosen.rows[:9])]
    assert popular == sorted(popular, reverse=True)
    by_price = select(
        workspace, encoded.id, _view(workspace, encoded, "price"), _everywhere(view), ()
    )
    assert "median price" in by_price.sentence
    assert select(workspace, encoded.id, view, "", ()).sentence == "Nothing lies inside the area"


def test_groups_hidden_in_the_legend_are_left_out(
    workspace: Workspace, encoded: DatasetRecord
) -> None:
    view = _view(workspace, encoded)
    assert isinstance(view.colouring, Groups)
    hidden = view.colouring.names[0]
    shown = [row for row in view.rows.tolist() if view.colouring.of[row] != 0]
    corners = view.xy[view.rows].min() - 0.2, view.xy[view.rows].max() + 0.2
    report = {
        "box": [{"x": list(corners), "y": list(corners)}],
        "points": [{"customdata": row} for row in shown],
    }
    drawn = read_report(view, report)
    assert drawn.without == (hidden,)
    assert drawn.row is None
    chosen = select(workspace, encoded.id, view, drawn.area, drawn.without)
    assert sorted(chosen.rows.tolist()) == shown


def test_a_click_names_one_item_and_an_empty_report_clears(
    workspace: Workspace, encoded: DatasetRecord
) -> None:
    view = _view(workspace, encoded)
    clicked = read_report(view, {"points": [{"customdata": 7}], "box": [], "lasso": []})
    assert (clicked.area, clicked.row) == ("", 7)
    nothing = read_report(view, {"points": [], "box": [], "lasso": []})
    assert (nothing.area, nothing.without, nothing.row) == ("", (), None)


def test_landmarks_have_pictures_and_lie_apart(
    workspace: Workspace, encoded: DatasetRecord
) -> None:
    view = _view(workspace, encoded)
    found = maps.landmarks(workspace, encoded.id, view)
    assert 2 <= len(found) <= 24
    assert all(card.thumbnail is not None for card in found)
    assert len({card.item_num for card in found}) == len(found)


def test_colours_are_groups_or_numbers_by_what_the_column_holds(
    workspace: Workspace, encoded: DatasetRecord
) -> None:
    titles = colour_titles(workspace, encoded.id)
    assert list(titles)[:4] == ["category", "price", "popularity", "train"]
    key = split_of(workspace, encoded)
    price = colouring(workspace, encoded.id, "price", key)
    assert isinstance(price, Scale)
    trained = colouring(workspace, encoded.id, "train", key)
    cold = colouring(workspace, encoded.id, "cold", key)
    assert isinstance(trained, Scale)
    assert isinstance(cold, Groups)
    place = cold.names.index("Cold: has none")
    assert (trained.values[cold.of == place] == 0).all()
    category = colouring(workspace, encoded.id, "category", key)
    assert isinstance(category, Groups)
    assert len(category.names) <= 12
    counts = pd.Series(category.words).value_counts()
    assert category.names[0] == counts.index[0]


def test_an_item_is_found_by_its_identifier(workspace: Workspace, encoded: DatasetRecord) -> None:
    (card,) = maps.cards(workspace, encoded.id, (5,))
    assert maps.row_of(workspace, encoded.id, card.item_id) == 5
    assert maps.row_of(workspace, encoded.id, "nobody's") is None


@pytest.mark.slow
def test_the_job_lays_out_neighbourhoods_and_keeps_them(
    workspace: Workspace, encoded: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not maps.has_umap(workspace, encoded.id, "text")
    with pytest.raises(NotFound, match="not made yet"):
        maps.catalogue_map(workspace, encoded.id, "text", "umap", "category")
    first = maps.queue_umap(workspace, encoded.id, "text")
    assert maps.queue_umap(workspace, encoded.id, "text").id == first.id
    with workspace.database.read() as session:
        job = Jobs(session).get(first.id)
    said: list[str] = []
    context = JobContext(
        workspace.settings, workspace.database, job, lambda what, part: said.append(what)
    )
    handlers.map_job(context)
    assert f"arranges {_texts(workspace, encoded)} items" in said
    view = maps.catalogue_map(workspace, encoded.id, "text", "umap", "category")
    broad = maps.catalogue_map(workspace, encoded.id, "text", "pca", "category")
    assert view.total == broad.total
    assert view.share is None
    assert view.kept > broad.kept

    # A second time nothing is laid out; a damaged file is no map.
    monkeypatch.setattr(projection, "umap_seconds", None)
    said.clear()
    handlers.map_job(context)
    assert said == []
    (file,) = [path for path in workspace.settings.maps.rglob("*") if path.is_file()]
    _damage(file)
    assert not maps.has_umap(workspace, encoded.id, "text")


def _texts(workspace: Workspace, shop: DatasetRecord) -> int:
    return maps.catalogue_map(workspace, shop.id, "text", "pca", "category").total


def _damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


def test_nothing_encoded_is_no_source(empty: Workspace, workspace: Workspace) -> None:
    from backend.data.synthetic.scenarios.shop.config import ShopConfig
    from backend.workflows.importing import generate_demo

    small = ShopConfig(items=30, users=20, interactions_per_user=8, pictures=False)
    record = generate_demo(empty, small, "bare")
    assert maps.sources(empty, record.id) == ()
    encode_data(empty, record.id, {"text": "minilm"})
    assert maps.sources(empty, record.id) == ("text",)
    view = maps.catalogue_map(empty, record.id, "text", "pca", "category")
    assert maps.landmarks(empty, record.id, view) == ()
    assert replace(view, reading="").total == view.total
