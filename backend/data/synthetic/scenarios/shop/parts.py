"""Where in a product picture its colour, its pattern and its cut can be seen."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.scenarios.shop.fabrics import SIDE, accents
from backend.data.synthetic.scenarios.shop.outlines import Tone
from backend.data.synthetic.scenarios.shop.pictures import Look, cover, sketched
from backend.data.synthetic.scenarios.shop.vocabulary import VOCABULARY

RIM: Final = 6
"""Pixels on either side of the outline in which a cut is seen: a cut is where a thing ends."""

Mask = NDArray[np.bool_]


def picture_parts(catalogue: Catalogue, row: int, seed: int) -> dict[str, Mask]:
    """bool[224, 224] for each property of the picture, as `draw_picture` paints it.

    `colour`: cloth, trimming and lining where no accent of the pattern lies over their colour.
    `pattern`: all cloth, for ground and accents make a pattern together, and a plain one has no
    accents. `cut`: a band along the outline. Parts overlap.
    """
    sketch, rng = sketched(catalogue, row, seed)
    value = VOCABULARY.told(catalogue.codes[row])
    look = Look.of(value["colour"], rng)
    ground, pattern, whole = (np.zeros((SIDE, SIDE), np.bool_) for _ in range(3))
    for part in sketch.parts:
        here = cover(part.outline) > 127
        whole |= here
        pattern[here] = part.tone == Tone.FABRIC
        ground[here] = part.tone in (Tone.FABRIC, Tone.TRIM, Tone.SHADE)
        if part.tone == Tone.FABRIC:
            laid = accents(value["pattern"], part.turn, np.random.default_rng(look.weave))
            for share in laid:
                if share is not None:
                    ground[here & (share > 0.5)] = False
    return {"colour": ground, "pattern": pattern, "cut": _rim(whole)}


def _rim(whole: Mask) -> Mask:
    image = Image.fromarray((255 * whole).astype(np.uint8))
    grown = np.asarray(image.filter(ImageFilter.MaxFilter(2 * RIM + 1)))
    shrunk = np.asarray(image.filter(ImageFilter.MinFilter(2 * RIM + 1)))
    return np.asarray(grown != shrunk)
