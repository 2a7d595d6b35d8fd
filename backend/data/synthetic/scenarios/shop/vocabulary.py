"""What the generated shop sells: categories, and the properties on which tastes are formed."""

from dataclasses import dataclass
from typing import Final

from backend.data.synthetic.vocabulary import (
    Attribute,
    Category,
    Combination,
    Property,
    Vocabulary,
)
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class ShopCategory(Category):
    """What an item is; `cuts` name the four proportions (slim, wide, short, long) of its kind."""

    nouns: tuple[str, ...]
    cuts: tuple[str, str, str, str]
    price: float


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
    ShopCategory(
        name="T-shirts", nouns=("T-shirt", "tee", "jersey top"), cuts=_GARMENT_CUTS, price=22
    ),
    ShopCategory(
        name="Shirts",
        nouns=("shirt", "button-through shirt", "blouse"),
        cuts=_GARMENT_CUTS,
        price=42,
    ),
    ShopCategory(
        name="Sweaters", nouns=("sweater", "jumper", "pullover"), cuts=_GARMENT_CUTS, price=55
    ),
    ShopCategory(
        name="Jackets", nouns=("jacket", "coat", "outer layer"), cuts=_GARMENT_CUTS, price=98
    ),
    ShopCategory(
        name="Dresses",
        nouns=("dress", "frock", "one-piece dress"),
        cuts=_GARMENT_CUTS,
        price=68,
        only="Women",
    ),
    ShopCategory(
        name="Skirts",
        nouns=("skirt", "swing skirt", "everyday skirt"),
        cuts=_GARMENT_CUTS,
        price=44,
        only="Women",
    ),
    ShopCategory(
        name="Trousers", nouns=("trousers", "pants", "slacks"), cuts=_GARMENT_CUTS, price=58
    ),
    ShopCategory(
        name="Sneakers", nouns=("sneakers", "trainers", "lace-ups"), cuts=_SHOE_CUTS, price=76
    ),
    ShopCategory(
        name="Boots", nouns=("boots", "ankle boots", "pull-on boots"), cuts=_SHOE_CUTS, price=118
    ),
    ShopCategory(
        name="Heels",
        nouns=("heels", "pumps", "court shoes"),
        cuts=_SHOE_CUTS,
        price=84,
        only="Women",
    ),
    ShopCategory(
        name="Handbags",
        nouns=("handbag", "shoulder bag", "top-handle bag"),
        cuts=_BAG_CUTS,
        price=92,
    ),
    ShopCategory(
        name="Backpacks", nouns=("backpack", "rucksack", "day pack"), cuts=_BAG_CUTS, price=74
    ),
    ShopCategory(name="Totes", nouns=("tote", "shopper", "carry-all"), cuts=_BAG_CUTS, price=48),
)

DEPARTMENTS: Final = ("Women", "Men", "Everyone")


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


VOCABULARY: Final = Vocabulary(
    modalities=(Modality.IMAGE, Modality.TEXT),
    properties=PROPERTIES,
    categories=CATEGORIES,
    attribute=Attribute("department", DEPARTMENTS),
    combinations=COMBINATIONS,
)
