"""The social network as a scenario: its profiles, its avatars, and who follows whom."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.choices import Choices
from backend.data.synthetic.scenarios._base import SCENARIOS, Scenario
from backend.data.synthetic.scenarios.social.avatars import draw_avatar
from backend.data.synthetic.scenarios.social.config import SocialConfig
from backend.data.synthetic.scenarios.social.network import (
    draw_profiles,
    grow,
    own_profiles,
    person_ids,
)
from backend.data.synthetic.scenarios.social.vocabulary import VOCABULARY
from backend.data.synthetic.scenarios.social.wording import word_profile
from backend.data.synthetic.tastes import Selves, draw_tastes
from backend.data.synthetic.truth import Truth
from backend.progress import Report
from backend.schema import Col
from models.modality import Modality

_IMAGE = VOCABULARY.modalities.index(Modality.IMAGE)


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
                Col.IMAGE: [_image_name(catalogue, int(row)) for row in rows],
                words.attribute.name: [towns[t] for t in catalogue.attribute[rows]],
            }
        )

    def draw(self, truth: Truth, folder: Path, report: Report) -> None:
        rows = np.flatnonzero(truth.catalogue.present[:, _IMAGE])
        if len(rows):
            (folder / "images").mkdir()
        for done, row in enumerate(rows):
            if done % 50 == 0:
                report(f"Drawing avatar {done + 1} of {len(rows)}", done / len(rows))
            value = truth.vocabulary.told(truth.catalogue.codes[row])
            rng = np.random.default_rng([self.config.seed, 6, row])
            avatar = draw_avatar(value["motif"], value["backdrop"], value["frame"], rng)
            avatar.save(folder / _image_name(truth.catalogue, int(row)), quality=88)

    def live(self, truth: Truth) -> Iterator[Choices]:
        own = own_profiles(truth.plan, self.config.groups)
        return grow(truth, own, self.config.closure)


def _image_name(catalogue: Catalogue, row: int) -> str:
    return f"images/{catalogue.item_ids[row]}.jpg" if catalogue.present[row, _IMAGE] else ""
