"""What the generated people and groups show and tell of themselves."""

from typing import Final

from backend.data.synthetic.vocabulary import Attribute, Category, Property, Vocabulary
from backend.schema import PERSON
from models.modality import Modality

MOTIFS: Final = ("cat", "bicycle", "guitar", "mountain", "cup", "book", "leaf", "rocket")
BACKDROPS: Final = ("coral", "amber", "lime", "teal", "indigo", "plum", "slate", "sand")
FRAMES: Final = ("plain", "dots", "stripes", "rays")
INTERESTS: Final = (
    "hiking",
    "baking",
    "photography",
    "board games",
    "running",
    "jazz",
    "gardening",
    "coding",
)
LIVES: Final = ("student", "nurse", "teacher", "engineer", "artist", "farmer")
HUMOURS: Final = ("dry", "sunny", "blunt", "dreamy", "curious")

GROUP: Final = "group"

VOCABULARY: Final = Vocabulary(
    modalities=(Modality.IMAGE, Modality.TEXT),
    properties=(
        Property("motif", Modality.IMAGE, MOTIFS),
        Property("backdrop", Modality.IMAGE, BACKDROPS),
        Property("frame", Modality.IMAGE, FRAMES),
        Property("interest", Modality.TEXT, INTERESTS),
        Property("life", Modality.TEXT, LIVES),
        Property("humour", Modality.TEXT, HUMOURS),
    ),
    categories=(Category(name=PERSON), Category(name=GROUP)),
    attribute=Attribute("town", ("Harbourside", "Old Mill", "Northfield", "Kings Wood")),
)
