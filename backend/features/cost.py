"""What encoding will cost, before it starts."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.dataset import Dataset
from backend.features.encoders import load_encoder
from backend.features.extract import read_by
from backend.features.fitting import is_fitted, ready_encoder
from backend.features.store import FeatureStore
from backend.schema import Modality
from models.encoders import TrainableEncoder


@dataclass(frozen=True)
class EncodingCost:
    """`new` contents are not in the store yet; `learns` where the encoder must learn first.

    `seconds` is for a CPU like the one that the declared or measured speed comes from; `measured`
    says which of the two. Learning is always as declared.
    """

    modality: Modality
    encoder: str
    new: int
    learns: bool
    seconds: float
    measured: bool


def estimate_encoding(
    dataset: Dataset,
    modality: Modality,
    spec: str,
    store: FeatureStore,
    per_second: float | None = None,
    training: NDArray[np.int64] | None = None,
) -> EncodingCost:
    """Without encoding anything. `per_second` is what an earlier encoding reached, if any;
    `training` as for `contents_of`.

    Raises InvalidInput,
    ConfigError or WeightsUnavailable where the encoder could not run.
    """
    cpu = torch.device("cpu")
    contents = read_by(spec, dataset, modality, training)
    encoder = load_encoder(spec, modality, cpu)
    keys = contents.distinct
    fitted = is_fitted(spec, modality, contents, store)
    if keys and fitted:
        ready = ready_encoder(spec, modality, contents, store, cpu)
        keys = store.missing(ready.fingerprint, keys)
    learning = 0.0
    if keys and not fitted and isinstance(encoder, TrainableEncoder):
        learning = encoder.learning_seconds * len(keys)
    each = 1 / per_second if per_second else encoder.seconds
    return EncodingCost(
        modality=modality,
        encoder=spec,
        new=len(keys),
        learns=bool(keys) and not fitted,
        seconds=learning + each * len(keys),
        measured=bool(per_second),
    )
