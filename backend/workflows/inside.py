"""Where inside an item's picture, text and recordings its score comes from, and what-if."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from backend.errors import InvalidInput
from backend.explain.saliency import HeatMap, Part, Scores, frozen, left_out, occlusion, silenced
from backend.features.extract import read_by
from backend.schema import Modality
from backend.workflows.additions import content_for
from backend.workflows.loading import (
    LoadedRun,
    catalogue_encoder,
    coalition_tables,
    load_run,
)
from backend.workflows.recommendation import item_number, items_of, user_number
from backend.workflows.workspace import Workspace
from models.encoders import ENCODERS, Clip, Content, Sound
from models.recommenders import FeatureTable

_READABLE: Final = (Modality.IMAGE, Modality.TEXT, Modality.AUDIO, Modality.VIDEO)


@dataclass(frozen=True)
class Inside:
    """Parts of an item and what the score of one person loses without each.

    `picture` is the square that `heat` lies over; `text` what the encoder read, `words` its parts;
    `seconds`: modality -> stretches of a recording. What the run does not read is None or empty.
    """

    picture: Image.Image | None
    heat: HeatMap | None
    text: str
    words: tuple[Part, ...]
    seconds: Mapping[str, tuple[Part, ...]]


@dataclass(frozen=True)
class WhatIf:
    """One item as it is and as it would be, for one person; clicks on it stay."""

    rank: int
    new_rank: int
    score: float
    new_score: float
    attributions: Mapping[str, float]
    new_attributions: Mapping[str, float]


@lru_cache(maxsize=64)
def inside(workspace: Workspace, run_id: str, user_id: str, item_id: str) -> Inside:
    """By covering picture, words and seconds and asking the encoder and the model again.

    Raises InvalidInput for a run that reads no content; NotFound for an item added by hand.
    """
    loaded = load_run(workspace, run_id)
    user, item = user_number(loaded, user_id), item_number(loaded, item_id)
    found = {m: _content(loaded, m, item) for m in _modalities(loaded)}
    picture, text = found.get(Modality.IMAGE), found.get(Modality.TEXT)
    seconds = {}
    for modality, content in found.items():
        scores = _scores(workspace, loaded, user, item, modality)
        if isinstance(content, Sound):
            seconds[str(modality)] = silenced(content, scores)
        elif isinstance(content, Clip):
            seconds[str(modality)] = frozen(content, scores)
    return Inside(
        picture=picture if isinstance(picture, Image.Image) else None,
        heat=occlusion(picture, _scores(workspace, loaded, user, item, Modality.IMAGE))
        if isinstance(picture, Image.Image)
        else None,
        text=text if isinstance(text, str) else "",
        words=left_out(text, _scores(workspace, loaded, user, item, Modality.TEXT))
        if isinstance(text, str)
        else (),
        seconds=seconds,
    )


def what_if(
    workspace: Workspace, run_id: str, user_id: str, item_id: str, text: str, image: bytes | None
) -> WhatIf:
    """Rank and contributions with another text (where not empty) or picture; all else as it is.

    Raises InvalidInput where the run reads none of what was given.
    """
    loaded = load_run(workspace, run_id)
    user, item = user_number(loaded, user_id), item_number(loaded, item_id)
    tables = coalition_tables(workspace, loaded.record.id)
    old = _row(loaded, item)
    new = dict(old)
    _modalities(loaded)
    for modality, content in content_for(loaded, text, image).items():
        if modality in new:
            new[modality] = _encoded(workspace, loaded, modality, [content])
    new = loaded.preparation.filled(new)
    who, pair = torch.tensor([user]), torch.tensor([item])
    now = tables.attribute(who, pair)
    # Clicks on the item stay, so only what the content alone says of it moves.
    before = tables.attribute_new_items(who, old)
    after = tables.attribute_new_items(who, new)
    moved = (after.values - before.values)[0]
    shift = float((after.score - before.score)[0, 0])
    others = loaded.embeddings.score(who)[0].double()
    others[torch.from_numpy(np.append(items_of(loaded.split.train, user), item))] = -torch.inf
    score = float(now.score[0])
    return WhatIf(
        rank=1 + int((others > score).sum()),
        new_rank=1 + int((others > score + shift).sum()),
        score=score,
        new_score=score + shift,
        attributions=dict(zip(tables.players, now.values[0].tolist(), strict=True)),
        new_attributions=dict(
            zip(tables.players, (now.values[0] + moved[0]).tolist(), strict=True)
        ),
    )


def readable(workspace: Workspace, run_id: str) -> tuple[str, ...]:
    """What this run reads that can be looked into; empty for a run that reads no content."""
    loaded = load_run(workspace, run_id)
    return tuple(map(str, _modalities(loaded))) if loaded.model.reads_content else ()


def _modalities(loaded: LoadedRun) -> list[Modality]:
    if not loaded.model.reads_content:
        raise InvalidInput(
            "This run does not read pictures or text, so there is nothing to look into. "
            "Choose a run that does."
        )
    names = loaded.record.encoders
    return [m for m in _READABLE if m in names and not _given(names[m])]


def _given(spec: str) -> bool:
    return ENCODERS[spec.split(":")[0]].cls.reads_given


def _content(loaded: LoadedRun, modality: Modality, item: int) -> Content | None:
    contents = read_by(loaded.record.encoders[modality], loaded.dataset, modality)
    key = contents.keys[item]
    return contents.load(key) if key else None


def _scores(
    workspace: Workspace, loaded: LoadedRun, user: int, item: int, modality: Modality
) -> Scores:
    """What the content of one modality would give this person's score of the item, up to a
    constant: clicks on the item and everything else stay as they are."""
    row = _row(loaded, item)
    taste = loaded.embeddings.user_rows(torch.tensor([user]))[0]

    def scores(contents: Sequence[Content]) -> NDArray[np.float64]:
        changed = _encoded(workspace, loaded, modality, contents)
        features = {m: _repeated(table, len(contents)) for m, table in row.items()}
        with torch.inference_mode():
            vectors, bias = loaded.model.embed_new_items({**features, modality: changed})
        return np.asarray((vectors @ taste + bias).double().numpy())

    return scores


def _encoded(
    workspace: Workspace, loaded: LoadedRun, modality: Modality, contents: Sequence[Content]
) -> FeatureTable:
    """On the scale of the run's catalogue."""
    spec = loaded.record.encoders[modality]
    ready = catalogue_encoder(workspace, loaded.dataset, modality, spec, loaded.record)
    everywhere = torch.ones(len(contents), dtype=torch.bool)
    encoded = FeatureTable(ready.encoder.encode(contents).clone(), everywhere)
    return loaded.preparation.scaled({modality: encoded})[modality]


def _row(loaded: LoadedRun, item: int) -> dict[Modality, FeatureTable]:
    return {
        m: FeatureTable(table.values[item : item + 1], table.present[item : item + 1])
        for m, table in loaded.data.features.items()
    }


def _repeated(table: FeatureTable, count: int) -> FeatureTable:
    return FeatureTable(table.values.expand(count, -1), table.present.expand(count))
