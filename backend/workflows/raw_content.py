"""Models that learn to read pictures and texts by themselves: what they are given and cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from backend.data.dataset import Dataset
from backend.errors import InvalidInput
from backend.schema import Modality
from backend.training.config import training_config
from db.records import DatasetRecord
from models.config import Config
from models.recommenders import Recommender
from models.recommenders.end_to_end import EndToEndConfig
from models.registry import Entry

_SECONDS: Final = 0.0025
"""Of one CPU core to read an item with the default networks and to learn from it."""
_READING: Final = 0.35
"""Part of it that reading alone takes."""
_TRAINED: Final = 0.8
"""Part of the interactions that is learned from."""
_MIB: Final = 0.9
"""Held per item that is read in one step, by the default networks."""


@dataclass(frozen=True)
class LearningCost:
    """What learning to read adds to a training: seconds of a CPU core, MiB of memory."""

    seconds: float = 0.0
    memory: float = 0.0


def encoders_of(
    entry: Entry[Recommender], settings: Config, chosen: Mapping[str, str], dataset: Dataset
) -> dict[str, str]:
    """Modality -> encoder of a run of this model, where `chosen` are for models in general.

    Empty for a model that reads clicks only; raw content in place of vectors for one that learns
    to read. Raises InvalidInput where there is nothing for it to learn to read.
    """
    if not entry.cls.uses_content():
        return {}
    readers = {str(m): spec for m, spec in entry.cls.raw_readers(settings).items()}
    there = {m for m in readers if dataset.raw_present(Modality(m)).any()}
    if readers and not there:
        raise InvalidInput(
            f"'{entry.title}' learns to read pictures and texts by itself, and the items of this "
            "data set have neither. Choose another model, or import the data with pictures or "
            "descriptions."
        )
    if readers and not there & set(chosen):
        raise InvalidInput(
            f"'{entry.title}' learns to read pictures and texts by itself, and both are left out. "
            "Take one of them in, or choose another model."
        )
    return {m: readers[m] if m in there else spec for m, spec in chosen.items()}


def learning_cost(
    entry: Entry[Recommender],
    settings: Mapping[str, object],
    training: Mapping[str, object],
    record: DatasetRecord,
) -> LearningCost:
    """Before anything is read, from the settings and the size of the data; the most it may take,
    for training often stops early. Nothing for models that do not learn to read."""
    config = entry.config.from_mapping(settings)
    if not isinstance(config, EndToEndConfig):
        return LearningCost()
    plain = EndToEndConfig()
    pixels = (config.side / plain.side) ** 2 * config.picture_width / plain.picture_width
    words = config.longest / plain.longest * config.word_width / plain.word_width
    size = 0.6 * pixels + 0.4 * words
    plan = training_config(entry.cls, training)
    steps = record.interactions * _TRAINED / plan.batch_size
    anew = min(config.anew, record.items)
    read = steps * anew + _READING * record.items
    raw = record.items * (3 * config.side**2 + 4 * config.longest) / 2**20
    return LearningCost(
        seconds=plan.epochs * read * _SECONDS * size, memory=3 * raw + _MIB * size * (anew + 128)
    )
