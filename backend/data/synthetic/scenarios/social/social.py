"""The social network as a scenario: its profiles, its avatars, and who follows whom."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from backend.data.synthetic.choices import Choices
from backend.data.synthetic.scenarios._base import SCENARIOS, Scenario, image_names
from backend.data.synthetic.scenarios.social.avatars import draw_avatar
from backend.data.synthetic.scenarios.social.config import SocialConfig
from backend.data.synthetic.scenarios.social.network import (
    draw_profiles,
    grow,
    own_profiles,
    person_ids,
)
from backend.data.synthetic.scenarios.social.wording import word_profile
from backend.data.synthetic.tastes import Selves, draw_tastes
from backend.data.synthetic.truth import Truth
from backend.schema import Col


@SCENARIOS.register(
    "social",
    config=SocialConfig,
    title="Social network",
    summary="People and groups to follow: avatars, bios, and a graph that carries information.",
)
class Social(Scenario):
    """Equal settings give equal bytes."""

    demo = "Demo social network"
    baselines = ("popularity", "ease", "lightgcn")
    fusions = ("early_concat", "late", "gated")
    config: SocialConfig

    def imagine(self) -> Truth:
        config, plan = self.config, self.config.blueprint()
        catalogue = draw_profiles(plan, config.groups, config.circles)
        selves = Selves(own_profiles(plan, config.groups), config.homophily)
        users = person_ids(plan)[: plan.users]
        return Truth(config, plan, catalogue, draw_tastes(plan, catalogue, users, selves))

    def describe(self, truth: Truth, rows: NDArray[np.int64]) -> pd.DataFrame:
        catalogue, words = truth.catalogue, truth.vocabulary
        towns = words.attribute.values
        wording = [word_profile(catalogue, int(row), self.config.seed) for row in rows]
        return pd.DataFrame(
            {
                Col.ITEM_ID: catalogue.item_ids[rows],
                Col.TITLE: [worded.name for worded in wording],
                Col.TEXT: [worded.bio for worded in wording],
                Col.CATEGORY: [words.categories[c].name for c in catalogue.category[rows]],
                Col.IMAGE: image_names(truth, rows),
                words.attribute.name: [towns[t] for t in catalogue.attribute[rows]],
            }
        )

    def picture(self, truth: Truth, row: int) -> Image.Image:
        value = truth.vocabulary.told(truth.catalogue.codes[row])
        rng = np.random.default_rng([self.config.seed, 6, row])
        return draw_avatar(value["motif"], value["backdrop"], value["frame"], rng)

    def live(self, truth: Truth) -> Iterator[Choices]:
        own = own_profiles(truth.plan, self.config.groups)
        return grow(truth, own, self.config.closure)
