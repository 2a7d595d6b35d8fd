"""Names and bios of people and groups."""

from dataclasses import dataclass
from typing import Final

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.dice import Dice
from backend.data.synthetic.scenarios.social.vocabulary import GROUP, VOCABULARY
from models.modality import Modality

FIRST: Final = (
    "Ada", "Ben", "Carla", "Dario", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kaya",
    "Leon", "Mina", "Nils", "Olga", "Pablo", "Rosa", "Sami", "Tilda", "Yusuf",
)  # fmt: skip
LAST: Final = (
    "Abel", "Brandt", "Costa", "Dahl", "Evans", "Ferro", "Grimm", "Hansen", "Ito", "Jensen",
    "Keller", "Lopez", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Silva", "Vega",
)  # fmt: skip
CLUBS: Final = ("The Tuesday Circle", "Open Door", "The Round Table", "Common Room", "The Commons")

INTEREST: Final[dict[str, tuple[str, ...]]] = {
    "hiking": ("Happiest on a steep trail with a rucksack.", "Hiking every weekend."),
    "baking": ("Sourdough, croissants and far too many cakes.", "Always baking bread."),
    "photography": ("Never without a camera and a spare lens.", "Photography on old film."),
    "board games": ("Will beat you at board games.", "Dice, cards and long nights of board games."),
    "running": ("Training for the next marathon.", "Running before breakfast, rain or shine."),
    "jazz": ("Plays the saxophone in a jazz trio.", "Jazz records from floor to ceiling."),
    "gardening": ("Grows tomatoes, beans and roses.", "Hands in the soil: gardening all year."),
    "coding": ("Writes open-source software at night.", "Coding in three languages."),
}

LIFE: Final[dict[str, tuple[str, ...]]] = {
    "student": ("Studying for exams.", "A student in the last term at university."),
    "nurse": ("A nurse on the night shift.", "Works at the hospital, caring for patients."),
    "teacher": ("A primary-school teacher.", "Teaches maths to teenagers."),
    "engineer": ("An engineer who builds bridges.", "Designs machines as an engineer."),
    "artist": ("A painter with a studio in a barn.", "An artist, sometimes exhibited."),
    "farmer": ("A farmer with forty sheep.", "Keeps cows and drives a tractor."),
}

HUMOUR: Final[dict[str, tuple[str, ...]]] = {
    "dry": ("Irony included.", "Deadpan jokes, no emojis."),
    "sunny": ("Smiles at strangers!", "Every day is a good day!"),
    "blunt": ("Says what others only think.", "Straightforward, no small talk."),
    "dreamy": ("Head in the clouds.", "Writes poems to the moon."),
    "curious": ("Asks too many questions.", "Wants to know how everything works."),
}

SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "motif": ("Yes, that is a {value} in the picture.", "The {value} is my sign."),
    "backdrop": ("Favourite colour: {value}.", "All in {value}."),
    "frame": ("Loves {value} as a pattern.", "Pattern: {value}."),
}

_TEXT = VOCABULARY.modalities.index(Modality.TEXT)


@dataclass(frozen=True)
class Wording:
    """Name and bio of one profile; both are "" where it tells nothing."""

    name: str
    bio: str


def word_profile(catalogue: Catalogue, row: int, seed: int) -> Wording:
    """The wording of one profile; what its avatar shows only where that is told twice."""
    if not catalogue.present[row, _TEXT]:
        return Wording("", "")
    dice, value = Dice.of_item(seed, row), VOCABULARY.told(catalogue.codes[row])
    if VOCABULARY.categories[int(catalogue.category[row])].name == GROUP:
        name = f"{dice.one_of(CLUBS)} {dice.one_of(LAST)}"
    else:
        name = f"{dice.one_of(FIRST)} {dice.one_of(LAST)}"
    parts = [
        dice.one_of(INTEREST[value["interest"]]),
        dice.one_of(LIFE[value["life"]]),
        dice.one_of(HUMOUR[value["humour"]]),
    ]
    for place, prop in enumerate(VOCABULARY.properties):
        if prop.name in SHOWN and catalogue.told[row, place]:
            parts.append(dice.one_of(SHOWN[prop.name]).format(value=value[prop.name]))
    return Wording(name, " ".join(dice.shuffled(parts)))
