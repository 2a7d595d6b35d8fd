"""What the generated stories show and tell."""

from typing import Final

from backend.data.synthetic.vocabulary import (
    Attribute,
    Category,
    Combination,
    Property,
    Vocabulary,
)
from models.modality import Modality

SCENES: Final = ("skyline", "mountains", "sea", "forest", "stadium", "crowd", "chart")
LIGHTS: Final = ("dawn", "noon", "dusk", "night", "storm")
PRINTS: Final = ("photo", "poster", "halftone", "hatched")
SUBJECTS: Final = (
    "climate",
    "elections",
    "markets",
    "space",
    "football",
    "cinema",
    "medicine",
    "railways",
)
FORMS: Final = ("report", "interview", "opinion", "explainer", "portrait")
TONES: Final = ("hopeful", "alarming", "witty", "sober", "nostalgic")

VOCABULARY: Final = Vocabulary(
    modalities=(Modality.IMAGE, Modality.TEXT),
    properties=(
        Property("scene", Modality.IMAGE, SCENES),
        Property("light", Modality.IMAGE, LIGHTS),
        Property("print", Modality.IMAGE, PRINTS),
        Property("subject", Modality.TEXT, SUBJECTS),
        Property("form", Modality.TEXT, FORMS),
        Property("tone", Modality.TEXT, TONES),
    ),
    categories=tuple(
        Category(name=name) for name in ("World", "Europe", "Americas", "Asia", "Local")
    ),
    attribute=Attribute("edition", ("Morning", "Evening", "Weekend")),
    combinations=(
        Combination(
            "bright pictures for good news, dark ones for grave news",
            "light",
            frozenset({"dawn", "noon"}),
            "tone",
            frozenset({"hopeful", "witty"}),
        ),
        Combination(
            "nature beside what people make, people beside what nature does",
            "scene",
            frozenset({"mountains", "sea", "forest"}),
            "subject",
            frozenset({"elections", "markets", "cinema", "railways"}),
        ),
        Combination(
            "drawn pictures for voices, plain ones for facts",
            "print",
            frozenset({"poster", "hatched"}),
            "form",
            frozenset({"interview", "opinion"}),
        ),
    ),
)
