"""What the generated clips sound like, show and are about."""

from typing import Final

from backend.data.synthetic.vocabulary import (
    Attribute,
    Category,
    Combination,
    Property,
    Vocabulary,
)
from models.modality import Modality

TIMBRES: Final = ("flute", "strings", "clarinet", "bell", "brass", "harp", "shaker", "drum")
RHYTHMS: Final = ("slow", "walking", "running", "rolling", "galloping", "accelerating")
MOTIONS: Final = (
    "drifting",
    "falling",
    "bouncing",
    "orbiting",
    "pulsing",
    "zigzagging",
    "bursting",
    "trembling",
)
PALETTES: Final = ("sunset", "ocean", "forest", "candy", "charcoal", "neon", "desert", "ice")
SUBJECTS: Final = (
    "cooking",
    "gardening",
    "astronomy",
    "dogs",
    "woodwork",
    "city walks",
    "chess",
    "surfing",
)
MOODS: Final = ("funny", "calm", "dramatic", "nostalgic", "weird", "instructive")

VOCABULARY: Final = Vocabulary(
    modalities=(Modality.AUDIO, Modality.VIDEO, Modality.TEXT),
    properties=(
        Property("timbre", Modality.AUDIO, TIMBRES),
        Property("rhythm", Modality.AUDIO, RHYTHMS),
        Property("motion", Modality.VIDEO, MOTIONS),
        Property("palette", Modality.VIDEO, PALETTES),
        Property("subject", Modality.TEXT, SUBJECTS),
        Property("mood", Modality.TEXT, MOODS),
    ),
    categories=tuple(
        Category(name=name) for name in ("Loops", "Stories", "Challenges", "Lessons", "Reactions")
    ),
    attribute=Attribute("maker", ("Studio", "Hobbyist", "Newcomer")),
    combinations=(
        Combination(
            "restless motion to struck sounds, gentle motion to held ones",
            "timbre",
            frozenset({"bell", "harp", "shaker", "drum"}),
            "motion",
            frozenset({"bouncing", "zigzagging", "bursting", "trembling"}),
        ),
        Combination(
            "warm colours for serious clips, cold ones for light-hearted clips",
            "palette",
            frozenset({"sunset", "candy", "desert", "neon"}),
            "mood",
            frozenset({"dramatic", "nostalgic", "instructive"}),
        ),
        Combination(
            "quick rhythms for the outdoors, steady ones for the indoors",
            "rhythm",
            frozenset({"running", "rolling", "galloping"}),
            "subject",
            frozenset({"gardening", "dogs", "city walks", "surfing"}),
        ),
    ),
)
