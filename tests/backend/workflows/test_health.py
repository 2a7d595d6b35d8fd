import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from backend.errors import InvalidInput
from backend.jobs.handlers import JobContext
from backend.workflows import handlers, health
from backend.workflows.health import HealthReport
from backend.workflows.importing import encode_data, import_data
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Jobs

PEOPLE, ITEMS, EACH = 120, 40, 5


def _names(report: HealthReport) -> set[str]:
    return {finding.name for finding in report.findings}


def _source(folder: Path, planted: bool) -> Path:
    """A small shop; `planted` with a double, a blank picture on six items and HTML in a text."""
    rng = np.random.default_rng(3)
    (folder / "images").mkdir(parents=True)
    for n in range(ITEMS):
        noise = rng.integers(0, 255, (12, 12, 3), np.uint8)
        picture = Image.fromarray(noise).resize((160, 160), Image.Resampling.BICUBIC)
        picture.save(folder / "images" / f"{n}.jpg")
    items = pd.DataFrame(
        {
            "item_id": [f"P{n:03d}" for n in range(ITEMS)],
            "title": [f"Product {n}" for n in range(ITEMS)],
            "text": [f"Number {n * 37} of its series, weighs {n * 11} grams" for n in range(ITEMS)],
            "category": [f"Kind {n % 4}" for n in range(ITEMS)],
            "image": [f"{n}.jpg" for n in range(ITEMS)],
        }
    )
    if planted:
        Image.new("RGB", (160, 160), (250, 250, 250)).save(folder / "images" / "0.jpg")
        items.loc[:5, "image"] = "0.jpg"
        items.loc[7, "text"] += "<br>"
        items.loc[9, ["title", "text", "category", "image"]] = items.loc[
            10, ["title", "text", "category", "image"]
        ]
    users = np.repeat(np.arange(PEOPLE), EACH)
    steps = np.tile(np.arange(EACH), PEOPLE)
    rows = pd.DataFrame(
        {
            "user_id": [f"u{n}" for n in users],
            "item_id": [f"P{n:03d}" for n in (users * 3 + steps * 7) % ITEMS],
            "timestamp": 1_700_000_000 + 1_000 * users + steps,
            "split": np.select([steps == 4, steps == 3], ["test", "validation"], "train"),
        }
    )
    items.to_csv(folder / "items.csv", index=False)
    rows.to_csv(folder / "interactions.csv", index=False)
    return folder


@pytest.fixture(scope="module", name="planted")
def _planted(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> DatasetRecord:
    source = _source(tmp_path_factory.mktemp("planted"), planted=True)
    return import_data(workspace, source, "planted").record


def test_a_clean_shop_has_nothing_to_say(empty: Workspace, tmp_path: Path) -> None:
    record = import_data(empty, _source(tmp_path / "clean", planted=False), "clean").record
    health.look_closer(empty, record.id)
    report = health.health(empty, record.id)
    assert _names(report) == set()
    assert report.headline == "Nothing in these data stands out as a problem"
    assert [area.title for area in report.areas if area.open] == ["Vectors", "Likeness"]


def test_what_was_planted_is_found_at_once_or_by_a_closer_look(
    workspace: Workspace, planted: DatasetRecord
) -> None:
    at_once = health.health(workspace, planted.id)
    assert not at_once.complete
    assert _names(at_once) == {"exact_duplicates", "shared_image", "text_markup"}
    assert not health.needs_job(workspace, planted.id)
    health.look_closer(workspace, planted.id)
    report = health.health(workspace, planted.id)
    assert report.complete
    assert _names(report) == _names(at_once) | {"blank_pictures"}
    assert report.headline == "4 things need attention before you train"


def test_encoding_asks_for_another_look_and_the_look_lasts(
    workspace: Workspace, planted: DatasetRecord
) -> None:
    health.look_closer(workspace, planted.id)
    encode_data(workspace, planted.id, {"text": "minilm"})
    assert not health.health(workspace, planted.id).complete
    calls: list[str] = []
    health.look_closer(workspace, planted.id, lambda what, part: calls.append(what))
    assert calls
    report = health.health(workspace, planted.id)
    assert set(report.nearest) == {"text"}
    assert sum(report.nearest["text"].counts) == ITEMS - 1
    # What was kept is read again, not computed.
    calls.clear()
    health.look_closer(workspace, planted.id, lambda what, part: calls.append(what))
    assert calls == []


def test_a_damaged_result_is_computed_again(workspace: Workspace, planted: DatasetRecord) -> None:
    health.look_closer(workspace, planted.id)
    for path in workspace.settings.health.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert not health.health(workspace, planted.id).complete
    health.look_closer(workspace, planted.id)
    assert health.health(workspace, planted.id).complete


def test_the_job_does_the_same_and_is_queued_once(empty: Workspace, tmp_path: Path) -> None:
    record = import_data(empty, _source(tmp_path / "job", planted=True), "job").record
    first, second = health.queue_look(empty, record.id), health.queue_look(empty, record.id)
    assert first.id == second.id
    with empty.database.read() as session:
        job = Jobs(session).get(first.id)
    handlers.health_job(
        JobContext(empty.settings, empty.database, job, lambda what, fraction: None)
    )
    assert health.health(empty, record.id).complete


def test_the_items_of_a_finding_are_listed_with_their_groups(
    workspace: Workspace, planted: DatasetRecord
) -> None:
    content = health.items_csv(workspace, planted.id, "exact_duplicates").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["item_id"] for row in rows] == ["P009", "P010"]
    assert {row["group"] for row in rows} == {"1"}
    cards = health.cards(workspace, planted.id, (9, 10))
    assert [card.title for card in cards] == ["Product 10", "Product 10"]
    with pytest.raises(InvalidInput, match="not there any more"):
        health.items_csv(workspace, planted.id, "no_such")
