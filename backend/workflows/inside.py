"""Where inside an item's picture, text and recordings its score comes from, and what-if."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from backend.errors import InvalidInput
from backend.explain.deletion import agreement, cells_of, deletions, words_of
from backend.explain.gradients import gradient_heat, gradient_words
from backend.explain.saliency import (
    HeatMap,
    Part,
    Span,
    frozen,
    left_out,
    occlusion,
    parts_of,
    silenced,
    word_groups,
)
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
from models.encoders import ENCODERS, Clip, Content, Reading, Sound
from models.recommenders import FeatureTable

_AT_ONCE: Final = 32
"""Contents encoded together: texts of unlike length in one batch are all read at the longest."""
_READABLE: Final = (Modality.IMAGE, Modality.TEXT, Modality.AUDIO, Modality.VIDEO)


class Method(StrEnum):
    """How it is found what counts."""

    COVERING = "covering"
    GRADIENT = "gradient"


@dataclass(frozen=True)
class Seen:
    """What one method sees in the picture; `trusted`: taking away the hottest cells costs the score
    more than taking them away in any of the random orders (`backend.explain.deletion`)."""

    heat: HeatMap
    trusted: bool


@dataclass(frozen=True)
class Told:
    """The same for the words, every occurrence in the order of the text."""

    words: tuple[Part, ...]
    trusted: bool


@dataclass(frozen=True)
class Inside:
    """What the score of one person comes from inside an item, by each method that can say so.

    `picture` is the square that heat lies over; `text` what the encoder read; `seconds`: modality
    -> stretches of a recording. What the run does not read is None or empty. The agreements are
    rank correlations of both methods over cells and over words; None where there is only one.
    """

    picture: Image.Image | None
    heats: Mapping[Method, Seen]
    picture_agreement: float | None
    text: str
    words: Mapping[Method, Told]
    words_agreement: float | None
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
    """By covering picture, words and seconds and asking the encoder and the model again, and by
    gradients through both where they have any.

    Raises InvalidInput for a run that reads no content; NotFound for an item added by hand.
    """
    loaded = load_run(workspace, run_id)
    user, item = user_number(loaded, user_id), item_number(loaded, item_id)
    found = {m: _content(loaded, m, item) for m in _modalities(loaded)}
    asked = {m: _Asked(workspace, loaded, user, item, m) for m in found}
    picture, text = found.get(Modality.IMAGE), found.get(Modality.TEXT)
    heats: Mapping[Method, Seen] = {}
    words: Mapping[Method, Told] = {}
    heats_agree = words_agree = None
    if isinstance(picture, Image.Image):
        heats, heats_agree = _seen(picture, asked[Modality.IMAGE])
    if isinstance(text, str):
        words, words_agree = _told(text, asked[Modality.TEXT])
    seconds = {}
    for modality, content in found.items():
        if isinstance(content, Sound):
            seconds[str(modality)] = silenced(content, asked[modality].scores)
        elif isinstance(content, Clip):
            seconds[str(modality)] = frozen(content, asked[modality].scores)
    return Inside(
        picture=picture if isinstance(picture, Image.Image) else None,
        heats=heats,
        picture_agreement=heats_agree,
        text=text if isinstance(text, str) else "",
        words=words,
        words_agreement=words_agree,
        seconds=seconds,
    )


def words_inside(
    workspace: Workspace, run_id: str, user_id: str, item_id: str
) -> tuple[str, Mapping[Method, tuple[Part, ...]]]:
    """The text and its words alone, as `inside` has them, without judging whether they are to be
    trusted; no words where the run reads no text of the item. Raises as `inside`."""
    loaded = load_run(workspace, run_id)
    user, item = user_number(loaded, user_id), item_number(loaded, item_id)
    there = Modality.TEXT in _modalities(loaded)
    text = _content(loaded, Modality.TEXT, item) if there else None
    if not isinstance(text, str):
        return "", {}
    groups = word_groups(text)
    drops = _drops(text, groups, _Asked(workspace, loaded, user, item, Modality.TEXT))
    return text, {method: parts_of(groups, drop) for method, drop in drops.items()}


def _seen(picture: Image.Image, asked: "_Asked") -> tuple[Mapping[Method, Seen], float | None]:
    heats = {Method.COVERING: occlusion(picture, asked.scores)}
    slope = gradient_heat(picture, asked.reading, asked.score)
    if slope is not None:
        heats[Method.GRADIENT] = slope
    cells, by_cell = cells_of(picture)
    coarse = [by_cell(heat.heat) for heat in heats.values()]
    judged = deletions(cells, coarse, asked.scores)
    agree = agreement(*coarse) if len(coarse) == 2 else None
    pairs = zip(heats.items(), judged, strict=True)
    return {method: Seen(heat, found.trusted) for (method, heat), found in pairs}, agree


def _told(text: str, asked: "_Asked") -> tuple[Mapping[Method, Told], float | None]:
    groups = word_groups(text)
    if not groups:
        return {}, None
    drops = _drops(text, groups, asked)
    judged = deletions(words_of(text, groups), list(drops.values()), asked.scores)
    agree = agreement(*drops.values()) if len(drops) == 2 else None
    pairs = zip(drops.items(), judged, strict=True)
    found = {m: Told(parts_of(groups, drop), was.trusted) for (m, drop), was in pairs}
    return found, agree


def _drops(
    text: str, groups: Sequence[Sequence[Span]], asked: "_Asked"
) -> Mapping[Method, NDArray[np.float64]]:
    drops = {Method.COVERING: left_out(text, groups, asked.scores)}
    slope = gradient_words(text, groups, asked.reading, asked.score)
    if slope is not None:
        drops[Method.GRADIENT] = slope
    return drops


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


class _Asked:
    """What the content of one modality would give this person's score of the item, up to a
    constant: clicks on the item and everything else stay as they are."""

    def __init__(
        self, workspace: Workspace, loaded: LoadedRun, user: int, item: int, modality: Modality
    ) -> None:
        self._model, self._preparation, self._modality = loaded.model, loaded.preparation, modality
        spec = loaded.record.encoders[modality]
        self._encoder = catalogue_encoder(
            workspace, loaded.dataset, modality, spec, loaded.record
        ).encoder
        # What was made in inference mode cannot be part of a gradient; a copy can.
        with torch.inference_mode(False):
            self._row = {
                m: FeatureTable(table.values.clone(), table.present.clone())
                for m, table in _row(loaded, item).items()
            }
            self._taste = loaded.embeddings.user_rows(torch.tensor([user]))[0].clone()

    def scores(self, contents: Sequence[Content]) -> NDArray[np.float64]:
        """f64[N]."""
        with torch.inference_mode():
            parts = [
                self.score(self._encoder.encode(contents[at : at + _AT_ONCE]))
                for at in range(0, len(contents), _AT_ONCE)
            ]
            return np.asarray(torch.cat(parts).double().numpy())

    def score(self, vectors: Tensor) -> Tensor:
        """f32[N] of vectors as the encoder gave them; keeps the gradient where the model does."""
        everywhere = torch.ones(len(vectors), dtype=torch.bool)
        table = {self._modality: FeatureTable(vectors, everywhere)}
        features = {m: _repeated(table, len(vectors)) for m, table in self._row.items()}
        items, bias = self._model.embed_new_items({**features, **self._preparation.scaled(table)})
        return items @ self._taste + bias

    def reading(self, content: Content) -> Reading | None:
        return self._encoder.reading(content)


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
