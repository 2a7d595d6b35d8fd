"""Models that learn to read pictures and texts by themselves: what they are given."""

from collections.abc import Mapping

from backend.data.dataset import Dataset
from backend.errors import InvalidInput
from backend.schema import Modality
from models.config import Config
from models.recommenders import Recommender
from models.registry import Entry


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
