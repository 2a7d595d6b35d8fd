"""What the generated shop sells: categories, and the properties on which tastes are formed."""

from dataclasses import dataclass
from typing import Final

from models.modality import Modality


@dataclass(frozen=True)
class Property:
    """One property of every item; its code in `Truth.codes` is the position in `values`."""

    name: str
    modality: Modality
    values: tuple[str, ...]


@dataclass(frozen=True)
class Category:
    """What an item is; `cuts` name the four proportions (slim, wide, short, long) of its kind."""

    name: str
    nouns: tuple[str, ...]
    cuts: tuple[str, str, str, str]
    price: float
    womens: bool = False


COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "ivory": (240, 231, 211),
    "charcoal": (58, 58, 64),
    "navy": (38, 56, 98),
    "sky": (133, 181, 214),
    "forest": (46, 98, 72),
    "mustard": (222, 168, 52),
    "terracotta": (200, 96, 62),
    "burgundy": (122, 32, 52),
    "blush": (233, 168, 172),
    "lilac": (166, 142, 200),
}

PATTERNS: Final = (
    "plain",
    "striped",
    "checked",
    "dotted",
    "floral",
    "herringbone",
    "leopard",
    "terrazzo",
)

CUTS: Final = ("slim", "wide", "short", "long")

MATERIALS: Final = ("cotton", "linen", "wool", "silk", "leather", "velvet", "denim", "technical")

OCCASIONS: Final = (
    "office",
    "party",
    "beach",
    "hiking",
    "sport",
    "travel",
    "home",
    "wedding",
)

STYLES: Final = (
    "minimalist",
    "vintage",
    "streetwear",
    "bohemian",
    "preppy",
    "romantic",
    "workwear",
    "glamorous",
)

PROPERTIES: Final = (
    Property("colour", Modality.IMAGE, tuple(COLOURS)),
    Property("pattern", Modality.IMAGE, PATTERNS),
    Property("cut", Modality.IMAGE, CUTS),
    Property("material", Modality.TEXT, MATERIALS),
    Property("occasion", Modality.TEXT, OCCASIONS),
    Property("style", Modality.TEXT, STYLES),
)

_GARMENT_CUTS = ("fitted", "boxy", "cropped", "longline")
_BAG_CUTS = ("slender", "roomy", "shallow", "tall")
_SHOE_CUTS = ("sleek", "chunky", "low-rise", "high-rise")

CATEGORIES: Final = (
    Category("T-shirts", ("T-shirt", "tee", "jersey top"), _GARMENT_CUTS, 22),
    Category("Shirts", ("shirt", "button-through shirt", "blouse"), _GARMENT_CUTS, 42),
    Category("Sweaters", ("sweater", "jumper", "pullover"), _GARMENT_CUTS, 55),
    Category("Jackets", ("jacket", "coat", "outer layer"), _GARMENT_CUTS, 98),
    Category("Dresses", ("dress", "frock", "one-piece dress"), _GARMENT_CUTS, 68, womens=True),
    Category("Skirts", ("skirt", "swing skirt", "everyday skirt"), _GARMENT_CUTS, 44, womens=True),
    Category("Trousers", ("trousers", "pants", "slacks"), _GARMENT_CUTS, 58),
    Category("Sneakers", ("sneakers", "trainers", "lace-ups"), _SHOE_CUTS, 76),
    Category("Boots", ("boots", "ankle boots", "pull-on boots"), _SHOE_CUTS, 118),
    Category("Heels", ("heels", "pumps", "court shoes"), _SHOE_CUTS, 84, womens=True),
    Category("Handbags", ("handbag", "shoulder bag", "top-handle bag"), _BAG_CUTS, 92),
    Category("Backpacks", ("backpack", "rucksack", "day pack"), _BAG_CUTS, 74),
    Category("Totes", ("tote", "shopper", "carry-all"), _BAG_CUTS, 48),
)

DEPARTMENTS: Final = ("Women", "Men", "Everyone")


@dataclass(frozen=True)
class Combination:
    """A taste that only picture and text together tell: `seen` with `said`, or neither of them.

    An item scores +1 if both or neither hold and -1 if only one does, so that either side alone
    says nothing about the product.
    """

    name: str
    seen: str
    shown: frozenset[str]
    said: str
    stated: frozenset[str]


COMBINATIONS: Final = (
    Combination(
        "warm colours for dressing up, cool ones for every day",
        "colour",
        frozenset({"ivory", "mustard", "terracotta", "burgundy", "blush"}),
        "occasion",
        frozenset({"party", "wedding", "office", "travel"}),
    ),
    Combination(
        "lively patterns on soft cloth, quiet ones on sturdy cloth",
        "pattern",
        frozenset({"dotted", "floral", "leopard", "terrazzo"}),
        "material",
        frozenset({"cotton", "linen", "silk", "velvet"}),
    ),
    Combination(
        "generous cuts in relaxed styles, neat cuts in polished ones",
        "cut",
        frozenset({"wide", "long"}),
        "style",
        frozenset({"vintage", "streetwear", "bohemian", "workwear"}),
    ),
)


def columns_of(modality: Modality) -> tuple[int, ...]:
    """The properties of a modality as columns of `codes`."""
    return tuple(c for c, prop in enumerate(PROPERTIES) if prop.modality == modality)


def column(name: str) -> int:
    """The column of `codes` that holds this property."""
    return [prop.name for prop in PROPERTIES].index(name)
