from pathlib import Path

import pytest

from backend.errors import InvalidInput
from backend.workflows import catalogue
from backend.workflows.catalogue import GalleryQuery, NewItem
from backend.workflows.importing import import_data
from backend.workflows.launch import launch
from backend.workflows.recommendation import (
    recommend,
    recommend_from_content,
    recommend_like,
)
from backend.workflows.recommendation import runs as run_options
from backend.workflows.training import Plan
from backend.workflows.workspace import Workspace, open_workspace
from db.records import DatasetRecord, RunRecord
from tests.backend.workflows.conftest import train_now
from tests.recordings import clip_bytes, moving, sound_bytes, tone

STEPS = ((2, 0), (0, 2))


def _clip(kind: int, shade: int = 0, sound: bool = False) -> bytes:
    frames = moving(STEPS[kind], 10, 48, colour=(250 - shade, 90, 20 + shade))
    return clip_bytes(frames, sound=tone(400, 0.7, rate=48_000) if sound else None)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(tmp_path_factory.mktemp("clips"))


@pytest.fixture(scope="module")
def clips(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> DatasetRecord:
    """Twelve clips of two movements; even people like even clips. The last has only a sound."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "video").mkdir()
    (folder / "audio").mkdir()
    for item in range(11):
        content = _clip(item % 2, 10 * item, sound=item == 0)
        (folder / "video" / f"c{item}.mp4").write_bytes(content)
    (folder / "audio" / "c11.wav").write_bytes(sound_bytes(tone(700, 0.5)))
    rows = [f"c{item},Clip number {item}" for item in range(12)]
    (folder / "items.csv").write_text("\n".join(["item_id,title", *rows]))
    pairs = [(u, i) for u in range(10) for i in range(12) if (u + i) % 2 == 0 and (u + i) % 5]
    rows = [f"u{user},c{item}" for user, item in pairs]
    (folder / "interactions.csv").write_text("\n".join(["user_id,item_id", *rows]))
    return import_data(workspace, folder, "clips").record


@pytest.fixture(scope="module")
def run(workspace: Workspace, clips: DatasetRecord) -> RunRecord:
    plan = Plan(
        clips.id,
        ("fused",),
        encoders={"video": "frames:frames=2"},
        settings={"epochs": 2},
    )
    return train_now(workspace, plan)[0]


def test_cards_say_and_hold_what_there_is(workspace: Workspace, clips: DatasetRecord) -> None:
    page = catalogue.gallery(workspace, clips.id, GalleryQuery())
    assert page.modalities == ("text", "audio", "video")
    cards = {card.item_id: card for card in page.items}
    assert cards["c0"].modalities == ("text", "audio", "video")
    assert cards["c0"].missing == ()
    assert cards["c1"].missing == ("audio",)
    assert cards["c11"].missing == ("video",)
    first = cards["c0"]
    assert first.video is not None
    assert first.audio is not None
    assert (first.video.suffix, first.audio.suffix) == (".mp4", ".flac")
    assert first.thumbnail is not None
    assert first.thumbnail.read_bytes().startswith(b"\xff\xd8")
    assert first.image is None
    assert cards["c11"].thumbnail is None


def test_the_gallery_filters_by_what_is_missing(workspace: Workspace, clips: DatasetRecord) -> None:
    silent = catalogue.gallery(workspace, clips.id, GalleryQuery(missing="audio"))
    unseen = catalogue.gallery(workspace, clips.id, GalleryQuery(missing="video"))
    assert silent.total == 10
    assert [card.item_id for card in unseen.items] == ["c11"]


def test_a_run_that_watches_recommends_and_finds_alike(
    workspace: Workspace, clips: DatasetRecord, run: RunRecord
) -> None:
    assert dict(run.encoders) == {"video": "frames:frames=2"}
    (option,) = run_options(workspace, clips.id)
    assert option.modalities == ("video",)
    found = recommend(workspace, run.id, "u0", 5)
    assert found.players == ("video", "collaborative")
    assert len(recommend_like(workspace, run.id, ("c1",), 3).items) == 3
    like = recommend_from_content(workspace, run.id, None, "", 4, video=_clip(0, 35))
    assert {item.card.item_id for item in like.items[:2]} <= {f"c{n}" for n in range(0, 11, 2)}
    assert launch(workspace, run.id, None, "", video=_clip(0, 35)).users == 10


def test_a_run_that_listens_learns_to_hear_first(
    workspace: Workspace, clips: DatasetRecord, run: RunRecord
) -> None:
    plan = Plan(
        clips.id,
        ("fused",),
        encoders={"video": "frames:frames=2", "audio": "spectrogram:epochs=1"},
        settings={"epochs": 1},
    )
    (both,) = train_now(workspace, plan)
    found = recommend(workspace, both.id, "u0", 5)
    assert set(found.players) == {"video", "audio", "collaborative"}
    for item in found.items:
        assert (item.attributions["audio"] == 0) == (item.card.item_id not in ("c0", "c11"))
    like = recommend_from_content(workspace, both.id, None, "", 3, audio=sound_bytes(tone(500)))
    assert len(like.items) == 3


def test_what_a_run_does_not_read_is_refused_with_what_it_does(
    workspace: Workspace, run: RunRecord
) -> None:
    with pytest.raises(InvalidInput, match="Give a video"):
        recommend_from_content(workspace, run.id, None, "waves")
    with pytest.raises(InvalidInput, match="Give a video"):
        launch(workspace, run.id, None, "", audio=sound_bytes(tone(300)))
    with pytest.raises(InvalidInput, match="The file is not"):
        recommend_from_content(workspace, run.id, None, "", video=b"text, not a video")


def test_a_single_clip_can_be_added_and_is_recommended(
    workspace: Workspace, clips: DatasetRecord, run: RunRecord
) -> None:
    card = catalogue.add_item(
        workspace, clips.id, NewItem(title="", item_id="fresh", video=_clip(1, 33, sound=True))
    )
    assert card.modalities == ("audio", "video")
    assert card.missing == ("text",)
    assert card.video is not None
    assert card.video.exists()
    assert card.thumbnail is not None
    assert "fresh" in {item.card.item_id for item in recommend(workspace, run.id, "u1", 12).items}
    with pytest.raises(InvalidInput, match="damaged"):
        catalogue.add_item(workspace, clips.id, NewItem(title="x", audio=b"\xff\xfb no sound"))
    with pytest.raises(InvalidInput, match="at least one is needed"):
        catalogue.add_item(workspace, clips.id, NewItem(title=" "))


def test_nothing_is_left_of_an_upload(workspace: Workspace, clips: DatasetRecord) -> None:
    root = workspace.settings.datasets / clips.fingerprint
    assert not [path for path in Path(root).iterdir() if path.name.startswith(".")]
