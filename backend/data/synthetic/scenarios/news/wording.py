"""Headline and body of a story."""

from dataclasses import dataclass

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.dice import Dice
from backend.data.synthetic.scenarios.news.phrases import FORM, HEADLINE, SHOWN, SUBJECT, TONE
from backend.data.synthetic.scenarios.news.vocabulary import VOCABULARY
from models.modality import Modality

_TEXT = VOCABULARY.modalities.index(Modality.TEXT)


@dataclass(frozen=True)
class Wording:
    """Headline and body of one story; both are "" where it has none."""

    headline: str
    body: str


def word_story(catalogue: Catalogue, row: int, seed: int) -> Wording:
    """The wording of one story; what its picture shows only where that is told twice."""
    if not catalogue.present[row, _TEXT]:
        return Wording("", "")
    dice, value = Dice.of_item(seed, row), VOCABULARY.told(catalogue.codes[row])
    headline = dice.one_of(HEADLINE[value["subject"]])
    sentences = [
        dice.one_of(SUBJECT[value["subject"]]),
        dice.one_of(FORM[value["form"]]),
        dice.one_of(TONE[value["tone"]]),
    ]
    for place, prop in enumerate(VOCABULARY.properties):
        if prop.name in SHOWN and catalogue.told[row, place]:
            sentences.append(dice.one_of(SHOWN[prop.name]).format(value=value[prop.name]))
    return Wording(headline, " ".join(dice.shuffled(sentences)))
