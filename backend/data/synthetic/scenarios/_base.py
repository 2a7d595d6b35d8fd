"""What every scenario is: a world that is imagined, described, drawn, and lived in."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from backend.data.synthetic.blueprint import ScenarioConfig
from backend.data.synthetic.catalogue import draw_catalogue, numbered
from backend.data.synthetic.choices import Choices
from backend.data.synthetic.tastes import draw_tastes
from backend.data.synthetic.truth import Truth
from backend.progress import Report
from models.modality import Modality
from models.registry import Registry


class Scenario(ABC):
    """Constructed with settings of the class it is registered with."""

    demo: ClassVar[str]
    """What its data set is called when it is made with one click."""
    baselines: ClassVar[tuple[str, ...]] = ("popularity", "ease", "bpr")
    """Recommenders without content that its demo is compared with."""
    fusions: ClassVar[tuple[str, ...]] = ("early_concat", "late", "hybrid", "gated")
    """Fusions that its demo trains."""

    def __init__(self, config: ScenarioConfig) -> None:
        self.config = config

    def imagine(self) -> Truth:
        """Items, users and their tastes, before anything is written."""
        plan = self.config.blueprint()
        catalogue = draw_catalogue(plan)
        users = numbered(plan.user_prefix, plan.users)
        return Truth(self.config, plan, catalogue, draw_tastes(plan, catalogue, users))

    @abstractmethod
    def describe(self, truth: Truth, rows: NDArray[np.int64]) -> pd.DataFrame:
        """These rows of `items`, in the columns of the plain import format."""

    @abstractmethod
    def picture(self, truth: Truth, row: int) -> Image.Image:
        """What one sees of an item, RGB."""

    def parts(self, truth: Truth, row: int) -> Mapping[str, NDArray[np.bool_]]:
        """Name of a property -> bool[H, W], where in `picture` it can be seen; properties of which
        a scenario does not say so are left out. Follows from settings and seed, as the picture."""
        return {}

    def draw(self, truth: Truth, folder: Path, report: Report) -> None:
        """Write the files that `describe` names, below `folder`; progress from 0 to 1.

        Unless a scenario says otherwise, the pictures of those items that have one.
        """
        rows = np.flatnonzero(_pictured(truth))
        if len(rows):
            (folder / "images").mkdir()
        for done, row in enumerate(rows):
            if done % 50 == 0:
                report(f"Drawing picture {done + 1} of {len(rows)}", done / len(rows))
            (name,) = image_names(truth, rows[[done]])
            self.picture(truth, int(row)).save(folder / name, quality=88, subsampling=0)

    @abstractmethod
    def live(self, truth: Truth) -> Iterator[Choices]:
        """What users choose, in groups of users in order."""


def image_names(truth: Truth, rows: NDArray[np.int64]) -> list[str]:
    """The column `image` of these rows; "" for an item without a picture."""
    pairs = zip(truth.item_ids[rows], _pictured(truth)[rows], strict=True)
    return [f"images/{item}.jpg" if there else "" for item, there in pairs]


def _pictured(truth: Truth) -> NDArray[np.bool_]:
    return truth.catalogue.present[:, truth.modalities.index(Modality.IMAGE)]


SCENARIOS: Registry[Scenario] = Registry("scenario", "backend.data.synthetic.scenarios")
