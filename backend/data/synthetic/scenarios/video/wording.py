"""Titles and captions of clips, from subject and mood."""

from dataclasses import dataclass
from typing import Final

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.dice import Dice
from backend.data.synthetic.scenarios.video.vocabulary import VOCABULARY
from models.modality import Modality

TITLES: Final[dict[str, tuple[str, ...]]] = {
    "cooking": ("Five-minute dumplings", "My grandmother's soup", "One pan, three dinners"),
    "gardening": ("Tomatoes on a balcony", "Saving my roses", "Compost in ten days"),
    "astronomy": ("Saturn up close", "Under the Milky Way", "Craters of the Moon"),
    "dogs": ("My puppy meets snow", "Two terriers and a ball", "Training a stubborn beagle"),
    "woodwork": ("A dovetail by hand", "Turning a walnut bowl", "From plank to chair"),
    "city walks": ("Back streets of Lisbon", "Midnight tram ride", "A walk through the old town"),
    "chess": ("A queen sacrifice", "Endgames that win", "Beating the local master"),
    "surfing": ("First wave of the year", "Paddling out at dawn", "The longest ride"),
}

ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "cooking": ("Straight from my kitchen.", "Recipe below, bring an appetite."),
    "gardening": ("Hands in the soil again.", "Greetings from the vegetable patch."),
    "astronomy": ("Clear skies, everyone.", "Stars and planets, no filter."),
    "dogs": ("Every dog deserves a treat.", "Filmed with a very good dog."),
    "woodwork": ("Sawdust everywhere.", "Made in a tiny workshop with hand tools."),
    "city walks": ("Put on your shoes and come along.", "Strolling through the neighbourhood."),
    "chess": ("Find the move before I play it.", "From last week's tournament game."),
    "surfing": ("Salt water cures everything.", "The swell was worth the early alarm."),
}

MOOD: Final[dict[str, tuple[str, ...]]] = {
    "funny": ("You will laugh out loud.", "The silliest thing I filmed this year, pure comedy."),
    "calm": ("Gentle, peaceful and soothing.", "Lean back and breathe: quiet and relaxing."),
    "dramatic": ("It nearly ended in disaster.", "The tension at the end is unbearable."),
    "nostalgic": ("It takes me back to my childhood.", "Old times, old friends, sweet memories."),
    "weird": ("I cannot explain what happens here.", "Strange, surreal and slightly creepy."),
    "instructive": ("Step by step, so you can do it too.", "A tutorial: learn it in one minute."),
}

NAMED: Final[dict[str, tuple[str, ...]]] = {
    "timbre": ("Music: {value}.", "Sound on for the {value}."),
    "rhythm": ("A {value} rhythm carries it.", "The beat is {value}."),
    "motion": ("Watch the shapes {value}.", "Everything is {value}."),
    "palette": ("Shot in {value} colours.", "Colours: {value}."),
}


@dataclass(frozen=True)
class Wording:
    """Title and caption of one clip; both are "" where it has none."""

    title: str
    caption: str


def word_clip(catalogue: Catalogue, row: int, seed: int) -> Wording:
    """The wording of one clip; heard and seen properties only where they are told twice."""
    if not catalogue.present[row, VOCABULARY.modalities.index(Modality.TEXT)]:
        return Wording("", "")
    dice, value = Dice.of_item(seed, row), VOCABULARY.told(catalogue.codes[row])
    parts = [dice.one_of(ABOUT[value["subject"]]), dice.one_of(MOOD[value["mood"]])]
    for place, prop in enumerate(VOCABULARY.properties):
        if prop.name in NAMED and catalogue.told[row, place]:
            parts.append(dice.one_of(NAMED[prop.name]).format(value=value[prop.name]))
    title = f"{dice.one_of(TITLES[value['subject']])} ({value['mood']})"
    return Wording(title, " ".join(dice.shuffled(parts)))
