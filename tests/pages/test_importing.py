"""Importing in the browser: the mapping dialog, and the report of what was left out."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.jobs.queue import Queue
from backend.workflows import catalogue
from backend.workflows.importing import ImportRequest, import_data
from backend.workflows.workspace import Workspace
from tests.pages.test_apptest import ROOT, _as_on_a_server_in_use, _sentences

GOOD = [f"u{n % 7},a{n % 3},{n % 5 + 1},2026-01-{n + 1:02}" for n in range(20)]
BAD = ["u1,a1,four,2026-01-30", ",a1,3,2026-01-31"]
ODD = "\n".join(["customer,article,stars,when", *GOOD, *BAD, ""])


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, empty: Workspace) -> AppTest:
    _as_on_a_server_in_use(monkeypatch)
    monkeypatch.setenv("FUSIONLENS_HOME", str(empty.settings.home))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["view"] = "Import"
    return app.run().switch_page("pages/catalogue.py").run()


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ODD)
    return path


def test_an_odd_file_is_asked_about_and_imported_as_told(
    page: AppTest, empty: Workspace, odd: Path
) -> None:
    _fill(page, odd)
    page.toggle(key="set_cleaning_implicit").set_value(True)
    page.button[0].click().run()
    assert not page.exception
    assert page.selectbox(key="map_orders.csv_user_id").value == "customer"
    assert page.selectbox(key="map_orders.csv_user_id").label == "Person (required)"
    assert page.selectbox(key="map_orders.csv_timestamp").value == "when"
    assert "the name says it" in _sentences(page)
    page.selectbox(key="map_orders.csv_item_id").set_value("customer").run()
    assert page.button(key="import_mapped").disabled
    assert "chosen twice" in _sentences(page)
    page.selectbox(key="map_orders.csv_item_id").set_value("article")
    page.selectbox(key="map_orders.csv_timestamp").set_value("").run()
    page.button(key="import_mapped").click().run()
    assert not page.exception
    job = Queue(empty.database).claim("somebody", ["cpu"])
    assert job is not None
    assert job.payload["cleaning"] == {"implicit": True}
    pairs = json.loads(json.dumps(job.payload))["mapping"]
    assert pairs["user_id"] == "customer"
    assert pairs["timestamp"] == ""
    assert pairs["interactions"] == "orders.csv"
    outcome = import_data(empty, odd, "odd", ImportRequest.from_payload(job.payload))
    assert outcome.record.interactions == 20


def test_a_known_format_is_imported_at_once_unless_one_wants_to_look(
    page: AppTest, empty: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "interactions.csv").write_text("user_id,item_id\nann,a1\nbob,a1\n")
    _fill(page, tmp_path)
    page.button[1].click().run()
    assert "need no mapping" in _sentences(page)
    assert not Queue(empty.database).claim("somebody", ["cpu"])
    page.button[0].click().run()
    assert Queue(empty.database).claim("somebody", ["cpu"]) is not None


def test_the_report_says_what_was_left_out_and_what_to_do(
    page: AppTest, empty: Workspace, odd: Path
) -> None:
    import_data(empty, odd, "odd", ImportRequest(mapping={"user_id": "customer"}))
    page.run()
    assert not page.exception
    said = [re.sub(r"\\(.)", r"\1", part.value) for part in page.subheader]
    assert "The good rows were imported; 2 rows were left out" in said
    _, reasons, places = (table.value for table in page.dataframe)
    assert set(reasons["Times"]) == {1}
    assert "The person's identifier is empty" in set(reasons["Reason"])
    assert reasons["What to do"].str.len().min() > 10
    assert dict(zip(places["Row"], places["What stood there"], strict=True)) == {
        22: "four",
        23: "(empty)",
    }
    assert catalogue.report_csv(empty, catalogue.datasets(empty)[0].id).count(b"\n") == 3


def _fill(page: AppTest, source: Path) -> None:
    page.text_input[0].set_value(str(source))
    page.text_input[1].set_value("Winter")
