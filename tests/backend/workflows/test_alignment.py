import json
from dataclasses import replace
from pathlib import Path

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from backend.errors import Cancelled, DamagedArtefact, InvalidInput, NotFound
from backend.features.align import split_pairs
from backend.jobs.handlers import JobContext
from backend.workflows import aligning, alignment, handlers
from backend.workflows.aligning import AlignmentPlan, align, weights_path
from backend.workflows.alignment import image_to_items, queue_align, text_to_items
from backend.workflows.catalogue import NewItem, add_item
from backend.workflows.importing import import_data
from backend.workflows.loading import open_dataset
from backend.workflows.spaces import newest_alignment
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Alignments, Jobs
from models.errors import ConfigError

QUICK = {"epochs": 4, "dim": 16}


def _plan(shop: DatasetRecord, **changes: object) -> AlignmentPlan:
    return replace(AlignmentPlan(shop.id, settings=QUICK), **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The specification of an untrained CLIP."""
    folder = tmp_path_factory.mktemp("tiny")
    vision = {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8}
    words = {"context_length": 8, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1}
    architecture = {"embed_dim": 8, "vision_cfg": vision, "text_cfg": words}
    (folder / "workflow-tiny.json").write_text(json.dumps(architecture))
    open_clip.add_model_config(folder / "workflow-tiny.json")
    torch.manual_seed(3)
    save_file(open_clip.create_model("workflow-tiny").state_dict(), folder / "start.safetensors")
    return f"open_clip:model=workflow-tiny,checkpoint={folder / 'start.safetensors'}"


@pytest.fixture
def plain(empty: Workspace, tmp_path: Path) -> DatasetRecord:
    """Two items with titles, no pictures."""
    (tmp_path / "items.csv").write_text("item_id,title\na,Red shoe\nb,Bag\n", "utf-8")
    (tmp_path / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\n", "utf-8")
    return import_data(empty, tmp_path, "plain").record


def test_before_anything_was_aligned_a_sentence_says_what_to_do(
    empty: Workspace, plain: DatasetRecord
) -> None:
    assert alignment.alignment(empty, plain.id) is None
    with pytest.raises(NotFound, match=r"align plain.*'Align' on the Catalogue"):
        text_to_items(empty, plain.id, "a red dress")


def test_a_space_is_learned_once_and_measured_on_the_held_out_fifth(
    workspace: Workspace, shop: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    made = align(workspace, _plan(shop), lambda what, part: told.append(part))
    dataset = open_dataset(workspace, shop)
    both = int((dataset.present(aligning.SIDES[0]) & dataset.present(aligning.SIDES[1])).sum())
    assert made.pairs == both
    assert abs(made.held_out - both / 5) <= 2
    assert set(made.after) == {"text_to_image", "image_to_text"}
    assert set(made.after["text_to_image"]) == {"recall@1", "recall@5", "recall@10"}
    assert made.before == {}
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert not list(weights_path(workspace, made).parent.glob("*.checkpoint"))

    monkeypatch.setattr(aligning, "learn_heads", lambda *_, **__: pytest.fail("learned again"))
    again = align(workspace, _plan(shop))
    assert (again.key, again.after) == (made.key, made.after)
    view = alignment.alignment(workspace, shop.id)
    assert view is not None
    assert view.after == made.after
    assert view.encoders == {"image": "efficientnet", "text": "minilm"}


def test_other_settings_seeds_and_encoders_give_other_spaces(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plans = [_plan(shop), _plan(shop, seed=1), _plan(shop, settings=QUICK | {"dropout": 0.1})]
    keys = [align(workspace, plan).key for plan in plans]
    assert len(set(keys)) == 3
    newest = newest_alignment(workspace, shop)
    assert newest is not None
    assert newest.key == keys[-1]
    # asked for again, the first one is the one in use
    align(workspace, plans[0])
    newest = newest_alignment(workspace, shop)
    assert newest is not None
    assert newest.key == keys[0]


def test_damaged_weights_are_noticed_and_learned_again(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plan = _plan(shop, seed=9)
    made = align(workspace, plan)
    path = weights_path(workspace, made)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefact, match="Align again"):
        text_to_items(workspace, shop.id, "shoes")
    repaired = align(workspace, plan)
    assert (repaired.sha256, repaired.after) == (made.sha256, made.after)
    assert text_to_items(workspace, shop.id, "shoes", 1)


def test_a_stopped_job_leaves_what_it_had_and_ends_alike(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plan = _plan(shop, seed=4)

    def stop(what: str, fraction: float) -> None:
        if "pass 3" in what:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        align(workspace, plan, stop)
    (unfinished,) = workspace.settings.aligned.glob("*/*.checkpoint")
    passes: list[str] = []
    resumed = align(workspace, plan, lambda what, fraction: passes.append(what))
    assert not unfinished.exists()
    assert next(what for what in passes if "pass" in what) == "learns from pairs, pass 4"
    whole = align(workspace, _plan(shop, seed=4, settings=QUICK | {"patience": 14}))
    assert resumed.after == whole.after


def test_words_and_pictures_find_items_that_have_the_wanted_side(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    align(workspace, _plan(shop))
    dataset = open_dataset(workspace, shop)
    hits = text_to_items(workspace, shop.id, "a red dress", 1000)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert not any("image" in hit.card.missing for hit in hits)
    assert all(hit.similarities["image"] == pytest.approx(hit.score, abs=1e-5) for hit in hits)
    by_text = text_to_items(workspace, shop.id, "a red dress", 1000, by="text")
    assert not any("text" in hit.card.missing for hit in by_text)
    assert len(by_text) >= int(dataset.present(aligning.SIDES[1]).sum())

    item = next(n for n in range(dataset.n_items) if dataset.image_path(n))
    picture = dataset.image_path(item)
    assert picture is not None
    nearest = image_to_items(workspace, shop.id, picture.read_bytes(), 3)
    same = dataset.items["image"] == dataset.items["image"].iat[item]
    assert nearest[0].card.item_id in set(dataset.items["item_id"][same])
    assert len(nearest) == 3


def test_an_item_added_by_hand_is_found_at_once(workspace: Workspace, shop: DatasetRecord) -> None:
    align(workspace, _plan(shop))
    new = add_item(workspace, shop.id, NewItem(title="Turquoise rubber boots for gardening"))
    hits = text_to_items(workspace, shop.id, "Turquoise rubber boots for gardening", 3, by="text")
    assert hits[0].card.item_id == new.item_id
    assert hits[0].card.added
    pictured = text_to_items(workspace, shop.id, "rubber boots", 1000)
    assert new.item_id not in {hit.card.item_id for hit in pictured}


def test_bad_questions_are_sentences(workspace: Workspace, shop: DatasetRecord) -> None:
    align(workspace, _plan(shop))
    with pytest.raises(InvalidInput, match="some words"):
        text_to_items(workspace, shop.id, "  ")
    with pytest.raises(InvalidInput, match="not by 'audio'"):
        text_to_items(workspace, shop.id, "coat", by="audio")
    with pytest.raises(InvalidInput, match="not a JPEG"):
        image_to_items(workspace, shop.id, b"no picture")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"settings": {"epoch": 3}}, ConfigError, "Did you mean 'epochs'"),
        ({"method": "head"}, ConfigError, "Did you mean 'heads'"),
        ({"encoders": {"image": "minilm"}}, InvalidInput, "does not read image"),
        ({"encoders": {"audio": "spectrogram"}}, InvalidInput, "not audio"),
        ({"method": "fine_tune"}, InvalidInput, "image=open_clip"),
        ({"method": "fine_tune", "encoders": {"text": "minilm"}}, InvalidInput, "image=open_clip"),
    ],
)
def test_bad_plans_are_refused_before_they_are_queued(
    workspace: Workspace,
    shop: DatasetRecord,
    changes: dict[str, object],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        queue_align(workspace, _plan(shop, **changes))
    assert alignment.active(workspace, shop.id) == ()


def test_the_job_does_what_was_planned_and_is_queued_once(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plan = _plan(shop, seed=2)
    cost = alignment.estimate(workspace, plan)
    assert cost.seconds > 0
    assert "last time" in cost.basis
    job = queue_align(workspace, plan)
    assert queue_align(workspace, _plan(shop, seed=3)).id == job.id
    with workspace.database.read() as session:
        record = Jobs(session).get(job.id)
    context = JobContext(workspace.settings, workspace.database, record, lambda what, part: None)
    handlers.align_job(context)
    with workspace.database.read() as session:
        made = Alignments(session).list(shop.id)[0]
    assert (made.seed, made.settings["epochs"]) == (2, 4)


def test_an_open_clip_model_is_compared_before_and_after(
    workspace: Workspace, shop: DatasetRecord, tiny: str
) -> None:
    both = {"image": tiny, "text": tiny}
    heads = align(workspace, _plan(shop, encoders=both))
    assert heads.before["text_to_image"].keys() == heads.after["text_to_image"].keys()
    settings = {"epochs": 2, "batch_size": 16, "learning_rate": 0.001}
    plan = _plan(shop, method="fine_tune", encoders={"image": tiny}, settings=settings)
    tuned = align(workspace, plan)
    assert tuned.before == heads.before
    view = alignment.alignment(workspace, shop.id)
    assert view is not None
    assert view.encoders["image"] == view.encoders["text"]
    assert str(weights_path(workspace, tuned)) in view.encoders["image"]
    assert text_to_items(workspace, shop.id, "a red dress", 2)[1].rank == 2
    # the tuned model is an encoder like any other: heads can be learned on top of it
    on_top = align(workspace, _plan(shop, encoders=view.encoders))
    assert on_top.before == tuned.after


def test_splits_follow_the_seed_of_the_plan(workspace: Workspace, shop: DatasetRecord) -> None:
    seen: list[int] = []

    def spy(pairs: object, seed: int) -> object:
        seen.append(seed)
        return split_pairs(pairs, seed)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aligning, "split_pairs", spy)
        align(workspace, _plan(shop, seed=2**31))
    assert seen == [2**31]


def test_a_catalogue_without_pictures_is_told_so(empty: Workspace, plain: DatasetRecord) -> None:
    with pytest.raises(InvalidInput, match="No item of this data set has image"):
        align(empty, AlignmentPlan(plain.id))
