"""What every scenario is: a world that is imagined, described, drawn, and lived in."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.synthetic.blueprint import ScenarioConfig
from backend.data.synthetic.catalogue import draw_catalogue, numbered
from backend.data.synthetic.choices import Choices
from backend.data.synthetic.tastes import draw_tastes
from backend.data.synthetic.truth import Truth
from backend.progress import Report
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
    def draw(self, truth: Truth, folder: Path, report: Report) -> None:
        """Write the files that `describe` names, below `folder`; progress from 0 to 1."""

    @abstractmethod
    def live(self, truth: Truth) -> Iterator[Choices]:
        """What users choose, in groups of users in order."""


SCENARIOS: Registry[Scenario] = Registry("scenario", "backend.data.synthetic.scenarios")
