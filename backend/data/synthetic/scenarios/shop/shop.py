"""The shop as a scenario: its tables, its pictures, and what its customers buy."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.choices import DAY, Choices, Season, choose
from backend.data.synthetic.impressions import show
from backend.data.synthetic.scenarios._base import SCENARIOS, Scenario, image_names
from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.data.synthetic.scenarios.shop.parts import picture_parts
from backend.data.synthetic.scenarios.shop.pictures import draw_picture
from backend.data.synthetic.scenarios.shop.vocabulary import CATEGORIES, DEPARTMENTS, VOCABULARY
from backend.data.synthetic.scenarios.shop.wording import word_items
from backend.data.synthetic.truth import Truth
from backend.schema import Col

DAYS = 90


class Fashion(Season):
    """90 days in six periods; what is in fashion moves along `Catalogue.trend`."""

    periods = 6
    seconds = DAYS // periods * DAY

    def __init__(self, truth: Truth, drift: float) -> None:
        self._drift = np.float32(drift)
        self._trend = truth.catalogue.trend

    @property
    def changes(self) -> bool:
        return bool(self._drift != 0.0)

    def shift(self, period: int, items: NDArray[np.int64]) -> NDArray[np.float32]:
        # from -1 in the first period to 1 in the last: over the 90 days it averages to zero
        position = np.float32(2 * period / (self.periods - 1) - 1)
        return np.asarray(position * (self._drift * self._trend[items]))


@SCENARIOS.register(
    "shop",
    config=ShopConfig,
    title="Fashion shop",
    summary="Garments, shoes and bags: pictures and descriptions carry the taste.",
)
class Shop(Scenario):
    """Equal settings give equal bytes."""

    demo = "Demo shop"
    config: ShopConfig

    def describe(self, truth: Truth, rows: NDArray[np.int64]) -> pd.DataFrame:
        catalogue = truth.catalogue
        wording = word_items(catalogue, rows, self.config.seed)
        return pd.DataFrame(
            {
                Col.ITEM_ID: catalogue.item_ids[rows],
                Col.TITLE: [words.title for words in wording],
                Col.TEXT: [words.text for words in wording],
                Col.CATEGORY: [CATEGORIES[c].name for c in catalogue.category[rows]],
                Col.PRICE: _prices(catalogue, self.config.seed)[rows],
                Col.IMAGE: image_names(truth, rows),
                VOCABULARY.attribute.name: [DEPARTMENTS[d] for d in catalogue.attribute[rows]],
            }
        )

    def picture(self, truth: Truth, row: int) -> Image.Image:
        return draw_picture(truth.catalogue, row, self.config.seed)

    def parts(self, truth: Truth, row: int) -> Mapping[str, NDArray[np.bool_]]:
        return picture_parts(truth.catalogue, row, self.config.seed)

    def live(self, truth: Truth) -> Iterator[Choices]:
        if self.config.impressions:
            return show(truth, self.config.impressions, DAYS)
        return choose(truth, Fashion(truth, self.config.drift))


def _prices(catalogue: Catalogue, seed: int) -> NDArray[np.float64]:
    """Around the price of the category, to the next .95; silk, leather and wool cost more."""
    rng = np.random.default_rng([seed, 5])
    usual = np.array([category.price for category in CATEGORIES])[catalogue.category]
    cloth = np.array([0.9, 1.05, 1.25, 1.5, 1.6, 1.2, 1.0, 1.15])
    factor = cloth[catalogue.codes[:, VOCABULARY.column("material")]]
    spread = np.exp(0.25 * rng.standard_normal(len(catalogue)))
    return np.asarray(np.ceil(usual * factor * spread) - 0.05)
