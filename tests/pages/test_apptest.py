"""Every page opens: with nothing, with finished runs, after a failed job; errors are sentences."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.errors import InvalidInput
from backend.workflows import (
    alignment,
    catalogue,
    comparison,
    demo,
    overview,
    recommendation,
    training,
    tuning_view,
)
from backend.workflows.aligning import AlignmentPlan, align
from backend.workflows.experiment import CONTENT, plan_from
from backend.workflows.importing import generate_demo
from backend.workflows.probing import probe
from backend.workflows.tuning_trials import execute_tuning
from backend.workflows.workspace import Workspace, open_workspace
from db.repositories import Experiments
from pages.components import ahead

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "overview",
    "catalogue",
    "train",
    "experiment",
    "compare",
    "recommend",
    "explain",
    "search",
)
VIEWS = [
    ("overview", {}),
    ("catalogue", {}),
    ("catalogue", {"q": "shirt", "sort": "price", "missing": "image"}),
    ("catalogue", {"view": "Map"}),
    ("catalogue", {"view": "Map", "map": "text", "kind": "umap", "colour": "price"}),
    ("catalogue", {"view": "Map", "map": "run", "colour": "cold", "pictures": "off"}),
    ("catalogue", {"view": "Data health"}),
    ("catalogue", {"view": "Profile"}),
    ("catalogue", {"view": "Import"}),
    ("catalogue", {"view": "Add an item"}),
    ("catalogue", {"view": "Features"}),
    ("train", {}),
    ("experiment", {}),
    ("compare", {}),
    ("compare", {"view": "Against the baseline", "metric": "recall@10"}),
    ("compare", {"view": "For whom"}),
    ("compare", {"view": "Seeds and splits", "controls": "1"}),
    ("compare", {"view": "For which items", "items": "quality"}),
    ("compare", {"view": "For which items", "items": "missing"}),
    ("compare", {"view": "Trade-offs"}),
    ("compare", {"view": "Together"}),
    ("compare", {"view": "Learning curves"}),
    ("compare", {"view": "Costs", "cost": "parameters"}),
    ("compare", {"view": "Settings that differ"}),
    ("recommend", {}),
    ("recommend", {"mode": "like"}),
    ("recommend", {"variety": "0.5", "rare": "0.3", "seen": "yes", "only": "Boots,Bags"}),
    ("recommend", {"varied": "dpp", "variety": "0.9", "pin": "A0003", "exclude": "A0004,nobody"}),
    ("recommend", {"mode": "like", "like": "A0003,A0005"}),
    ("recommend", {"mode": "like", "words": "a red dress", "variety": "0.4"}),
    ("recommend", {"mode": "launch"}),
    ("recommend", {"mode": "launch", "words": "a red dress"}),
    ("explain", {}),
    ("explain", {"view": "This person"}),
    ("explain", {"view": "Whole run"}),
    ("search", {}),
    ("search", {"words": "leather boots", "w_text": "2"}),
    ("search", {"words": "leather boots", "view": "sides"}),
    ("search", {"words": "leather boots", "view": "map"}),
    ("search", {"like": "A0003", "unlike": "A0004,nobody", "view": "sides"}),
]


Opener = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a page of a workspace; keywords are the parameters of the URL."""
    _as_on_a_server_in_use(monkeypatch)

    def opened(workspace: Workspace, page_name: str, /, **parameters: str) -> AppTest:
        monkeypatch.setenv("FUSIONLENS_HOME", str(workspace.settings.home))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run().switch_page(f"pages/{page_name}.py").run()

    return opened


def _as_on_a_server_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest forgets before each run that st.navigation was called, a server remembers."""
    original = PagesManager.__init__

    def remembering(self: PagesManager, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", remembering)


def _sentences(app: AppTest) -> str:
    parts = [*app.title, *app.markdown, *app.caption, *app.error, *app.info, *app.warning]
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", "\n".join(part.value for part in parts))


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_page_teaches_and_leads_on(open_page: Opener, empty: Workspace, page: str) -> None:
    app = open_page(empty, page)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    assert len(app.button) >= 1 or len(app.get("form_submit_button")) >= 1


@pytest.mark.parametrize(
    ("page", "parameters"), VIEWS, ids=["-".join([p, *v.values()]) for p, v in VIEWS]
)
def test_a_filled_page_opens_in_every_view(
    open_page: Opener, filled: Workspace, page: str, parameters: dict[str, str]
) -> None:
    app = open_page(filled, page, **parameters)
    assert not app.exception
    assert not app.error, app.error[0].value
    assert len(app.title) == 1
    said = _sentences(app)
    assert not re.search(r"\b(None|nan|NaN)\b", said)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_after_a_failed_job(
    open_page: Opener, broken: Workspace, page: str
) -> None:
    app = open_page(broken, page)
    assert not app.exception
    if page in ("overview", "train"):
        assert "The loss was not a number in epoch 2." in _sentences(app)
        assert "Traceback" not in _sentences(app)


def test_a_failed_run_can_go_on(open_page: Opener, broken: Workspace) -> None:
    app = open_page(broken, "train")
    next(button for button in app.button if button.label == "Go on").click().run()
    assert not app.exception
    (run,) = training.progress(broken, catalogue.datasets(broken)[0].id)
    assert run.run.state == "queued"


def test_a_defect_becomes_a_reference_and_not_a_traceback(
    open_page: Opener,
    filled: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("internal detail")

    monkeypatch.setattr(comparison, "leaderboard", defect)
    app = open_page(filled, "compare")
    assert not app.exception
    (error,) = app.error
    found = re.search(r"reference ([0-9a-f]{8})", error.value)
    assert found
    assert "Your data and runs are safe" in error.value
    assert "internal detail" not in error.value
    assert found.group(1) in caplog.text
    assert "internal detail" in caplog.text


def test_what_a_user_can_act_on_is_shown_as_it_is(
    open_page: Opener, filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InvalidInput("Choose *another* name.")

    monkeypatch.setattr(comparison, "leaderboard", refuse)
    (error,) = open_page(filled, "compare").error
    assert error.value == "Choose \\*another\\* name\\."


def test_a_link_restores_run_person_and_item(open_page: Opener, filled: Workspace) -> None:
    shop = catalogue.datasets(filled)[0]
    run = recommendation.runs(filled, shop.id)[-1].run_id
    user = recommendation.users(filled, shop.id)[7].user_id
    item = recommendation.recommend(filled, run, user, 10).items[4].card.item_id
    app = open_page(filled, "explain", dataset=shop.id, run=run, user=user, item=item)
    assert app.selectbox(key="url_dataset").value == shop.id
    assert app.selectbox(key="url_run").value == run
    assert app.selectbox(key="url_user").value == user
    assert app.selectbox(key="url_item").value == item


def test_parts_are_shown_while_the_verdict_is_measured(
    open_page: Opener, filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "judged", lambda run_id: False)
    app = open_page(filled, "explain")
    assert not app.exception
    assert "is being measured" in app.title[0].value
    assert any("Not judged yet" in info.value for info in app.info)
    assert not app.success


def test_a_choice_is_written_to_the_url(open_page: Opener, filled: Workspace) -> None:
    shop = catalogue.datasets(filled)[0]
    user = recommendation.users(filled, shop.id)[3].user_id
    app = open_page(filled, "recommend", item="left over")
    app.selectbox(key="url_user").set_value(user).run()
    assert app.query_params["user"] == user
    assert "item" not in app.query_params


def test_a_slider_reorders_the_list_and_says_why(open_page: Opener, filled: Workspace) -> None:
    shop = catalogue.datasets(filled)[0]
    fused = next(run for run in recommendation.runs(filled, shop.id) if run.reads_content)
    app = open_page(filled, "recommend", run=fused.run_id)
    app.slider(key="weigh_image").set_value(3.0).run()
    assert not app.exception
    assert app.query_params["weigh"] == "image:3.0"
    moved = [c.value for c in app.caption if "counts more" in c.value]
    assert moved
    assert "→" in moved[0]
    app.button(key="weigh_reset").click().run()
    assert app.slider(key="weigh_image").value == 1.0
    assert not [c for c in app.caption if "counts more" in c.value]


def test_an_unknown_value_in_a_link_falls_back(open_page: Opener, filled: Workspace) -> None:
    app = open_page(filled, "catalogue", dataset="gone", category="no such", page="99", sort="x")
    assert not app.exception
    assert not app.error
    assert app.warning[0].value.startswith("The link names a data set")


def test_an_unknown_person_is_a_sentence(open_page: Opener, filled: Workspace) -> None:
    app = open_page(filled, "recommend", user="nobody")
    assert not app.exception
    assert "nobody" in app.error[0].value


def test_text_from_data_is_never_markdown(open_page: Opener, filled: Workspace) -> None:
    app = open_page(filled, "overview")
    for part in (*app.markdown, *app.caption, *app.title):
        assert "[link](x)" not in part.value
    assert any("\\*one\\*" in part.value for part in app.markdown)


def test_a_link_to_an_area_of_the_map_shows_the_items_inside(
    open_page: Opener, filled: Workspace
) -> None:
    # The whole extent of the map: four corners, six letters each.
    app = open_page(filled, "catalogue", view="Map", area="000000zzz000zzzzzz000zzz")
    assert not app.exception
    assert not app.error
    (sentence,) = [h.value for h in app.subheader if "items selected" in h.value]
    assert re.match(r"(\d+) of \1 items selected", sentence)
    assert len([b for b in app.button if b.label == "On the map"]) == 24
    next(b for b in app.button if b.label == "On the map").click().run()
    assert app.query_params["item"]
    app.button(key="map_clear").click().run()
    assert "area" not in app.query_params
    assert not [h for h in app.subheader if "items selected" in h.value]


def test_the_map_of_neighbourhoods_is_offered_as_a_job(
    open_page: Opener, filled: Workspace
) -> None:
    app = open_page(filled, "catalogue", view="Map", kind="umap")
    app.button(key="map_job").click().run()
    assert not app.exception
    assert any(job.kind == "map" for job in overview.active_jobs(filled))


def test_without_encoded_items_the_map_says_how_to_get_one(
    open_page: Opener, broken: Workspace
) -> None:
    app = open_page(broken, "catalogue", view="Map")
    assert not app.exception
    assert app.title[0].value == "There is no map yet"
    assert app.button(key="map_encode").label == "Encode the items"


def test_starting_queues_one_job_per_run(open_page: Opener, broken: Workspace) -> None:
    app = open_page(broken, "train", models="ease,popularity")
    assert app.button(key="start_runs").label == "Start 2 runs"
    app.button(key="start_runs").click().run()
    assert not app.exception
    assert not [error for error in app.error if "unexpected" in error.value]
    states = [run.run.state for run in training.progress(broken, catalogue.datasets(broken)[0].id)]
    assert sorted(states) == ["failed", "queued", "queued"]


def test_a_model_that_learns_to_read_says_what_it_reads_and_needs(
    open_page: Opener, filled: Workspace
) -> None:
    app = open_page(filled, "train", models="end_to_end,fused")
    assert not app.exception
    said = _sentences(app)
    assert "End to end learns to read pictures and texts by itself" in said
    assert re.search(r"Needs about \d+ MB of memory", said)
    assert "learns to read" not in _sentences(open_page(filled, "train", models="fused"))


def test_settings_are_searched_from_the_train_page(open_page: Opener, broken: Workspace) -> None:
    app = open_page(broken, "train", models="ease,popularity")
    app.number_input(key="trials").set_value(5).run()
    app.button(key="tune_start").click().run()
    assert not app.exception
    shop = catalogue.datasets(broken)[0].id
    (search,) = tuning_view.searches(broken, shop)
    job = tuning_view.view(broken, search).job
    assert job is not None
    assert job.state == "queued"
    assert "0 of 6 trials so far" in _sentences(app)
    training.cancel_job(broken, job.id)
    execute_tuning(broken, search, lambda what, fraction: None)
    app = open_page(broken, "train")
    best = tuning_view.view(broken, search).best
    assert best is not None
    assert f"{best.label}: validation NDCG@20" in _sentences(app)
    app.button(key="tune_train").click().run()
    assert not app.exception
    states = [run.run.state for run in training.progress(broken, shop)]
    assert sorted(states) == ["failed", "queued"]


def test_finished_runs_are_blended_on_the_train_page(
    open_page: Opener, filled: Workspace, broken: Workspace
) -> None:
    app = open_page(filled, "train", models="ensemble")
    assert [box.label for box in app.multiselect] == ["Runs to blend"]
    assert len(app.multiselect[0].value) == 2
    assert app.button(key="start_runs").label == "Start 1 run"
    nothing = open_page(broken, "train", models="ensemble")
    assert "Train two or more models first" in _sentences(nothing)


def test_a_changed_setting_is_marked_and_part_of_the_plan(
    open_page: Opener, broken: Workspace
) -> None:
    app = open_page(broken, "train", models="bpr")
    app.number_input(key="set_training_epochs").set_value(3).run()
    assert "changed" in app.number_input(key="set_training_epochs").label
    app.button(key="start_runs").click().run()
    runs = training.progress(broken, catalogue.datasets(broken)[0].id)
    assert [r.run.training_config["epochs"] for r in runs if r.run.state == "queued"] == [3]


def test_a_missing_folder_is_refused_with_a_sentence(open_page: Opener, empty: Workspace) -> None:
    app = open_page(empty, "catalogue")
    app.text_input[0].set_value("/no/such/folder")
    app.text_input[1].set_value("Winter")
    app.button[0].click().run()
    assert not app.exception
    assert "There is no file or folder" in _sentences(app)


def test_an_added_item_is_encoded_and_shown(open_page: Opener, filled: Workspace) -> None:
    app = open_page(filled, "catalogue", view="Add an item")
    app.text_input[0].set_value("Striped *linen* shirt")
    app.button[0].click().run()
    assert not app.exception
    assert not app.error
    assert "Added and encoded." in app.success[0].value
    assert "Striped *linen* shirt" in [text.value for text in app.text]
    shop = catalogue.datasets(filled)[0]
    newest = catalogue.gallery(filled, shop.id, catalogue.GalleryQuery(sort="newest")).items[0]
    assert newest.added


def test_words_find_pictures_once_they_are_aligned(open_page: Opener, filled: Workspace) -> None:
    shop = catalogue.datasets(filled)[0]
    app = open_page(filled, "catalogue", view="Features")
    assert "Words do not find pictures yet" in [part.value for part in app.subheader]
    app.button(key="start_alignment").click().run()
    assert not app.exception
    (job,) = alignment.active(filled, shop.id)
    assert app.button(key="start_alignment").disabled
    training.cancel_job(filled, job.id)
    align(filled, AlignmentPlan(shop.id, settings={"epochs": 2, "dim": 16}))
    app = open_page(filled, "catalogue", view="Features", find="a red dress")
    assert not app.exception
    assert not app.error
    (finding,) = [part.value for part in app.subheader if "right picture" in part.value]
    assert "by chance" in finding
    assert any("Nearness" in part.value for part in app.caption)


def test_a_catalogue_without_pictures_says_why_nothing_is_aligned(
    open_page: Opener, broken: Workspace
) -> None:
    app = open_page(broken, "catalogue", view="Features")
    assert not app.exception
    assert not app.error
    assert "No item of this data set has image" in _sentences(app)


def test_a_deep_link_to_a_fresh_server_stands_in_its_frame(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUSIONLENS_HOME", str(filled.settings.home))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app = app.switch_page("pages/compare.py").run()
    assert not app.exception
    assert app.sidebar.selectbox[0].label == "Data set"
    assert app.get_by_key("url_metric") is not None


@pytest.mark.parametrize(("page", "scenario"), [("overview", "news"), ("catalogue", "video")])
def test_a_world_is_one_click_away(
    open_page: Opener, empty: Workspace, page: str, scenario: str
) -> None:
    app = open_page(empty, page)
    app.button(key=f"world_{scenario}").click().run()
    assert not app.exception
    assert {o.scenario for o in demo.offers(empty) if o.preparing} == {scenario}
    assert "Being prepared" in _sentences(app)
    assert f"world_{scenario}" not in [button.key for button in app.button]


def test_search_leads_from_an_example_to_hits_and_on(open_page: Opener, filled: Workspace) -> None:
    app = open_page(filled, "search")
    aligned = "Words are compared with pictures too" in _sentences(app)
    assert aligned != any(button.key == "search_align" for button in app.button)
    app.button(key="example_0").click().run()
    assert app.query_params["words"]
    assert "Nearest to" in app.title[0].value
    app.button(key="like_0").click().run()
    app.button(key="unlike_3").click().run()
    assert not app.error
    assert app.query_params["like"] != app.query_params["unlike"]
    app.button(key="drop_unlike_0").click().run()
    assert "unlike" not in app.query_params


def test_search_without_anything_encoded_leads_to_the_encoders(
    open_page: Opener, broken: Workspace
) -> None:
    app = open_page(broken, "search")
    assert app.title[0].value == "Nothing can be searched yet"
    app.button(key="empty_search").click().run()
    assert not app.exception


def test_a_person_is_made_up_by_clicks_and_a_wish(open_page: Opener, filled: Workspace) -> None:
    app = open_page(filled, "recommend", mode="like")
    assert "Make up a person" in app.title[0].value
    app.button(key="choose_0").click().run()
    assert "1 choice " in app.title[0].value
    app.button(key="choose_1").click().run()
    assert "2 choices" in app.title[0].value
    app.button(key="unchoose_0").click().run()
    app.text_input(key="url_words").set_value("leather boots").run()
    assert "1 choice and the wish" in app.title[0].value.replace("\\", "")
    assert not app.error


def test_rules_and_variety_change_the_list_and_stand_in_the_address(
    open_page: Opener, filled: Workspace
) -> None:
    app = open_page(filled, "recommend")
    assert "Was " not in _sentences(app)
    app.button(key="pin_0_5").click().run()
    assert app.query_params["pin"]
    assert "Pinned" in _sentences(app)
    app.button(key="undo_pin_0").click().run()
    assert "pin" not in app.query_params
    app.slider(key="url_variety").set_value(0.8).run()
    assert app.query_params["variety"] == ["0.8"] or app.query_params["variety"] == "0.8"
    assert re.search(r"Was \d+", _sentences(app))


def test_up_to_four_models_stand_side_by_side(open_page: Opener, filled: Workspace) -> None:
    known = recommendation.runs(filled, catalogue.datasets(filled)[0].id)
    first, other = known[0].run_id, known[1].run_id
    app = open_page(filled, "recommend", run=first, other=other)
    assert "stand in both lists" in _sentences(app)
    assert "in both" in _sentences(app)


def test_explain_asks_and_answers_what_a_run_reads(open_page: Opener, filled: Workspace) -> None:
    shop = catalogue.datasets(filled)[0]
    run = next(r for r in recommendation.runs(filled, shop.id) if r.reads_content).run_id
    app = open_page(filled, "explain", view="Whole run", run=run)
    assert any(button.key == "probe_ask" for button in app.button)
    probe(filled, run)
    app = open_page(filled, "explain", view="Whole run", run=run)
    assert not app.exception
    assert "The pictures" in _sentences(app)


def test_one_click_starts_the_whole_experiment(open_page: Opener, tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "young")
    generate_demo(workspace, ShopConfig(items=30, users=20, interactions_per_user=8), "Young")
    app = open_page(workspace, "experiment")
    next(button for button in app.button if button.label == "Start the experiment").click().run()
    assert not app.exception
    with workspace.database.read() as session:
        (record,) = Experiments(session).list()
    assert set(plan_from(record).models) == set(CONTENT)
    (matrix,) = app.dataframe
    shown = set(matrix.value["Strategy"])
    assert {"Popularity", "EASE", "Multimodal EASE", "Fused · Late fusion"} <= shown
    assert "Fused · Late fusion · all content shuffled" in shown
    assert "0 of" in _sentences(app)
