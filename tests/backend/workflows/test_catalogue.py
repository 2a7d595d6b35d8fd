import io
import zipfile
from pathlib import Path

import pytest

from backend.errors import InvalidInput
from backend.jobs.handlers import JobContext
from backend.workflows import handlers
from backend.workflows.catalogue import (
    GalleryQuery,
    datasets,
    gallery,
    profile,
    queue_import,
    report,
    report_csv,
)
from backend.workflows.demo import start_demo
from backend.workflows.overview import overview
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Jobs

ITEMS = "item_id,title,text,category,image\n01,Red shoe,Leather,Shoes,\n02,Blue bag,Canvas,Bags,\n"
ROWS = "user_id,item_id,rating\nu,01,5\nu,02,3\nv,01,x\nv,99,4\n"


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("items.csv", ITEMS)
        archive.writestr("interactions.csv", ROWS)
    return buffer.getvalue()


def _run(workspace: Workspace, job_id: str) -> None:
    with workspace.database.read() as session:
        job = Jobs(session).get(job_id)
    context = JobContext(workspace.settings, workspace.database, job, lambda what, part: None)
    handlers.import_job(context)


def test_gallery_filters_sorts_and_pages(workspace: Workspace, shop: DatasetRecord) -> None:
    everything = gallery(workspace, shop.id, GalleryQuery(size=1000))
    assert everything.total >= 60
    counts = [card.popularity for card in everything.items]
    assert counts == sorted(counts, reverse=True)
    category = everything.categories[0]
    some = gallery(workspace, shop.id, GalleryQuery(category=category, size=5))
    assert {card.category for card in some.items} == {category}
    assert some.pages == -(-some.total // 5)
    last = gallery(workspace, shop.id, GalleryQuery(category=category, size=5, page=some.pages - 1))
    assert 1 <= len(last.items) <= 5
    word = everything.items[0].title.split()[0]
    hits = gallery(workspace, shop.id, GalleryQuery(search=word.upper()))
    assert everything.items[0].item_id in {card.item_id for card in hits.items}
    assert gallery(workspace, shop.id, GalleryQuery(search="no such word")).total == 0


def test_profile_counts_everything_once(workspace: Workspace, shop: DatasetRecord) -> None:
    found = profile(workspace, shop.id)
    assert found.item_counts.sum() == found.user_counts.sum() == found.interactions
    assert sum(found.splits.values()) == found.interactions
    assert sum(found.ratings.values()) == found.interactions
    assert sum(found.timeline.values()) == found.interactions
    assert 0 < found.sparsity < 1
    assert found.coverage["image"] == 1 - found.missing["image"] / found.items


def test_an_upload_becomes_a_data_set_and_its_report(empty: Workspace) -> None:
    view = queue_import(empty, _archive(), "mine.zip", "mine")
    _run(empty, view.id)
    (record,) = datasets(empty)
    assert (record.users, record.items, record.interactions) == (1, 2, 2)
    assert record.rejected == 2
    found = report(empty, record.id)
    assert found is not None
    assert found.rejected == 2
    assert b"99" in report_csv(empty, record.id)
    assert not list(empty.settings.uploads.iterdir())
    assert any("refused" in warning.text for warning in overview(empty).warnings)


def test_uploads_that_cannot_be_used_are_refused_at_once(empty: Workspace) -> None:
    with pytest.raises(InvalidInput, match="not a ZIP"):
        queue_import(empty, b"plain text", "mine.pdf", "mine")
    with pytest.raises(InvalidInput, match="no file or folder"):
        queue_import(empty, Path("/no/such/folder"), "folder", "mine")
    with pytest.raises(InvalidInput, match="1 to 80"):
        queue_import(empty, _archive(), "mine.zip", " ")


def test_a_name_is_given_once(workspace: Workspace, shop: DatasetRecord) -> None:
    with pytest.raises(InvalidInput, match="already a data set 'shop'"):
        queue_import(workspace, _archive(), "mine.zip", shop.name)


def test_an_empty_workspace_leads_to_the_demo(empty: Workspace) -> None:
    page = overview(empty)
    assert page.datasets == ()
    assert page.next_step.page == "demo"
    assert not page.machine.worker_alive
    first, second = start_demo(empty), start_demo(empty)
    assert first.id == second.id
    assert [job.kind for job in overview(empty).active_jobs] == ["demo"]


def test_the_overview_tells_the_verdict(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, object]
) -> None:
    (card,) = [c for c in overview(workspace).datasets if c.id == shop.id]
    assert card.runs_finished >= len(runs)
    assert card.best is not None
    assert card.best.score.low <= card.best.score.value <= card.best.score.high
    assert card.best.label in card.verdict
    assert all(path.is_file() for path in card.thumbnails)
