"""From what encoders gave to what a model reads: one scale, then no gaps."""

from collections.abc import Mapping

from backend.features.imputation import impute
from backend.features.normalisation import Normaliser
from backend.schema import Modality
from models.recommenders import FeatureTable

Tables = Mapping[Modality, FeatureTable]


class Preparation:
    """Learned from a catalogue's encoded content; `catalogue` is that content, prepared.

    Whatever comes later goes the same way, so that a model reads it as it read the catalogue.
    """

    def __init__(self, encoded: Tables, normalisation: str, imputation: str) -> None:
        self.scaled = Normaliser(normalisation, encoded)
        self._imputation = imputation
        self.catalogue = impute(self.scaled(encoded), imputation)

    def filled(self, scaled: Tables) -> dict[Modality, FeatureTable]:
        """Items that are on the catalogue's scale, their gaps filled in from the catalogue."""
        return impute(scaled, self._imputation, self.catalogue)

    def of_new(self, encoded: Tables) -> dict[Modality, FeatureTable]:
        """Items as encoders gave them, ready for the model."""
        return self.filled(self.scaled(encoded))
