"""The clips as a scenario: their tables, their files, and what viewers watch to the end."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from backend.data.synthetic.choices import Choices, Steady, choose
from backend.data.synthetic.scenarios._base import SCENARIOS, Scenario
from backend.data.synthetic.scenarios.video.clips import write_clip
from backend.data.synthetic.scenarios.video.config import VideoConfig
from backend.data.synthetic.scenarios.video.frames import FPS, film
from backend.data.synthetic.scenarios.video.sounds import RATE, play
from backend.data.synthetic.scenarios.video.vocabulary import VOCABULARY
from backend.data.synthetic.scenarios.video.wording import word_clip
from backend.data.synthetic.truth import Truth
from backend.progress import Report
from backend.schema import Col
from models.modality import Modality


@SCENARIOS.register(
    "video",
    config=VideoConfig,
    title="Short clips",
    summary="Clips with sound: timbre, rhythm, motion and colours carry the taste.",
)
class Video(Scenario):
    """Equal settings give equal bytes with the same build of the codecs; the tables always."""

    demo = "Demo clips"
    fusions = ("early_concat", "late", "gated")
    config: VideoConfig

    def describe(self, truth: Truth, rows: NDArray[np.int64]) -> pd.DataFrame:
        catalogue, words = truth.catalogue, truth.vocabulary
        makers = words.attribute.values
        wording = [word_clip(catalogue, int(row), self.config.seed) for row in rows]
        return pd.DataFrame(
            {
                Col.ITEM_ID: catalogue.item_ids[rows],
                Col.TITLE: [worded.title for worded in wording],
                Col.TEXT: [worded.caption for worded in wording],
                Col.CATEGORY: [words.categories[c].name for c in catalogue.category[rows]],
                Col.VIDEO: [f"video/{item}.mp4" for item in catalogue.item_ids[rows]],
                words.attribute.name: [makers[a] for a in catalogue.attribute[rows]],
            }
        )

    def picture(self, truth: Truth, row: int) -> Image.Image:
        frames = self._frames(truth, row)
        return Image.fromarray(frames[len(frames) // 2])

    def draw(self, truth: Truth, folder: Path, report: Report) -> None:
        (folder / "video").mkdir()
        count = len(truth.item_ids)
        for row, item in enumerate(truth.item_ids):
            if row % 20 == 0:
                report(f"Filming clip {row + 1} of {count}", row / count)
            self._film(truth, row, folder / "video" / f"{item}.mp4")

    def live(self, truth: Truth) -> Iterator[Choices]:
        return choose(truth, Steady(days=30))

    def _film(self, truth: Truth, row: int, path: Path) -> None:
        value = VOCABULARY.told(truth.catalogue.codes[row])
        heard = truth.catalogue.present[row, VOCABULARY.modalities.index(Modality.AUDIO)]
        rng = np.random.default_rng([self.config.seed, 7, row])
        sound = play(value["timbre"], value["rhythm"], rng) if heard else None
        write_clip(path, self._frames(truth, row), FPS, sound, RATE)

    def _frames(self, truth: Truth, row: int) -> list[NDArray[np.uint8]]:
        value = VOCABULARY.told(truth.catalogue.codes[row])
        rng = np.random.default_rng([self.config.seed, 6, row])
        return film(value["motion"], value["palette"], rng)
