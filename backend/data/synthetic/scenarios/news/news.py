"""The news as a scenario: their tables, their pictures, and what readers open."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from backend.data.synthetic.choices import START, Choices, choose
from backend.data.synthetic.scenarios._base import SCENARIOS, Scenario, image_names
from backend.data.synthetic.scenarios.news.ageing import Ageing, published
from backend.data.synthetic.scenarios.news.config import NewsConfig
from backend.data.synthetic.scenarios.news.pictures import draw_picture
from backend.data.synthetic.scenarios.news.wording import word_story
from backend.data.synthetic.truth import Truth
from backend.schema import Col

PUBLISHED = "published"


@SCENARIOS.register(
    "news",
    config=NewsConfig,
    title="News",
    summary="Stories with headline, body and picture that are read for a few days only.",
)
class News(Scenario):
    """Equal settings give equal bytes."""

    demo = "Demo news"
    fusions = ("early_concat", "late", "gated")
    config: NewsConfig

    def describe(self, truth: Truth, rows: NDArray[np.int64]) -> pd.DataFrame:
        catalogue, words = truth.catalogue, truth.vocabulary
        editions = words.attribute.values
        wording = [word_story(catalogue, int(row), self.config.seed) for row in rows]
        moments = pd.to_datetime(START + self._appeared()[rows], unit="s")
        return pd.DataFrame(
            {
                Col.ITEM_ID: catalogue.item_ids[rows],
                Col.TITLE: [worded.headline for worded in wording],
                Col.TEXT: [worded.body for worded in wording],
                Col.CATEGORY: [words.categories[c].name for c in catalogue.category[rows]],
                Col.IMAGE: image_names(truth, rows),
                words.attribute.name: [editions[e] for e in catalogue.attribute[rows]],
                PUBLISHED: moments.strftime("%Y-%m-%d"),
            }
        )

    def picture(self, truth: Truth, row: int) -> Image.Image:
        value = truth.vocabulary.told(truth.catalogue.codes[row])
        rng = np.random.default_rng([self.config.seed, 6, row])
        return draw_picture(value["scene"], value["light"], value["print"], rng)

    def live(self, truth: Truth) -> Iterator[Choices]:
        config = self.config
        return choose(truth, Ageing(self._appeared(), config.days, config.freshness))

    def _appeared(self) -> NDArray[np.int64]:
        return published(self.config.seed, self.config.items, self.config.days)
