"""Sketches of garments: T-shirt, shirt, sweater, jacket, dress, skirt, trousers.

Every sketch takes the width and length of the cut (1 is usual) and a generator for the details
that are the item's own (neck, sleeves, pockets) and on which nobody's taste depends.
"""

import numpy as np

from backend.data.synthetic.scenarios.shop.outlines import (
    Path2,
    Sketch,
    Tone,
    curve,
    ellipse,
    flipped,
    mirrored,
)

_NECK = 0.068


def t_shirt(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Short sleeves, round or V neck, sometimes a chest pocket."""
    sketch, half, hem = Sketch(), 0.175 * width, 0.47 * length
    _sleeves(sketch, half, reach=0.105, drop=0.145, opening=0.085)
    _body(sketch, half, hem, neck=float(rng.choice([0.05, 0.055, 0.12])))
    sketch.line([(-half * 0.98, hem - 0.018), (half * 0.98, hem - 0.018)], 0.004)
    if rng.random() < 0.3:
        _pocket(sketch, half * 0.42, 0.15, 0.075)
    return sketch


def shirt(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Long or half sleeves, collar, button placket."""
    sketch, half, hem = Sketch(), 0.17 * width, 0.5 * length
    if rng.random() < 0.7:
        _sleeves(sketch, half, reach=0.125, drop=0.4, opening=0.062, cuff=0.045)
    else:
        _sleeves(sketch, half, reach=0.115, drop=0.2, opening=0.085)
    _body(sketch, half, hem, neck=0.075, curved_hem=0.03)
    sketch.line([(0.0, 0.075), (0.0, hem + 0.02)], 0.004)
    sketch.line([(0.028, 0.085), (0.028, hem + 0.018)], 0.003)
    for side in (1, -1):
        collar: Path2 = [(0.0, 0.078), (0.07, -0.02), (0.088, 0.03), (0.045, 0.098)]
        sketch.add([(side * x, y) for x, y in collar], Tone.TRIM)
    for place in np.linspace(0.13, hem - 0.05, 6):
        sketch.line(ellipse(0.014, float(place), 0.005, 0.005), 0.008, light=True)
    if rng.random() < 0.5:
        _pocket(sketch, half * 0.5, 0.16, 0.08)
    return sketch


def sweater(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Long sleeves, ribbed cuffs and hem, round or roll neck."""
    sketch, half, hem = Sketch(), 0.185 * width, 0.47 * length
    _sleeves(sketch, half, reach=0.13, drop=0.4, opening=0.078, cuff=0.05)
    roll = rng.random() < 0.4
    _body(sketch, half, hem, neck=0.045)
    band = mirrored([(0.0, hem), *curve((half, hem - 0.006), (half * 0.93, hem + 0.045))])
    sketch.add([*band], Tone.TRIM)
    for x in np.linspace(-half * 0.9, half * 0.9, 17):
        sketch.line([(float(x), hem + 0.004), (float(x), hem + 0.04)], 0.003)
    if roll:
        sketch.add(
            mirrored(
                [
                    (0.0, -0.062),
                    *curve((0.058, -0.058), (0.064, -0.02), (0.075, 0.012)),
                    (0.0, 0.05),
                ]
            ),
            Tone.TRIM,
        )
        sketch.line(curve((-0.062, -0.02), (0.0, -0.008), (0.062, -0.02)), 0.004)
    else:
        ring = curve((-0.078, -0.008), (-0.05, 0.045), (0.0, 0.062), (0.05, 0.045), (0.078, -0.008))
        inner = curve((0.058, -0.006), (0.04, 0.03), (0.0, 0.042), (-0.04, 0.03), (-0.058, -0.006))
        sketch.add(ring + inner, Tone.TRIM)
    return sketch


def jacket(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Long sleeves, lapels or a zip, two pockets."""
    sketch, half, hem = Sketch(), 0.19 * width, 0.52 * length
    _sleeves(sketch, half, reach=0.13, drop=0.43, opening=0.08, cuff=0.04)
    _body(sketch, half, hem, neck=0.06)
    if rng.random() < 0.5:
        deep = 0.24 * min(length, 1.1)
        for side in (1, -1):
            lapel: Path2 = [(0.005, deep), (0.06, -0.015), (0.095, 0.03), (0.088, 0.11)]
            sketch.add([(side * x, y) for x, y in lapel], Tone.TRIM)
        sketch.line([(0.0, deep), (0.0, hem + 0.005)], 0.006)
        for place in np.linspace(deep + 0.02, hem - 0.12, 3):
            sketch.line(ellipse(0.022, float(place), 0.008, 0.008), 0.012, tone=Tone.METAL)
    else:
        sketch.add(
            mirrored([(0.0, -0.035), *curve((0.07, -0.035), (0.085, 0.03)), (0.0, 0.065)]),
            Tone.TRIM,
        )
        sketch.line([(0.0, -0.03), (0.0, hem + 0.005)], 0.012)
        sketch.line([(0.0, -0.03), (0.0, hem + 0.005)], 0.005, tone=Tone.METAL)
    for side in (1, -1):
        low, near, far = hem * 0.68, side * half * 0.38, side * half * 0.85
        sketch.line(
            [(near, low), (far, low - 0.015), (far, low + 0.008), (near, low + 0.023), (near, low)],
            0.005,
        )
    return sketch


def dress(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Fitted top, flared skirt; straps, short sleeves or long ones."""
    sketch, hem = Sketch(), 0.62 * length
    bust, waist, flare = 0.125, 0.088 + 0.02 * width, 0.21 * width
    kind = int(rng.integers(3))
    if kind:
        _sleeves(
            sketch,
            0.135,
            reach=0.08 if kind == 1 else 0.12,
            drop=0.13 if kind == 1 else 0.36,
            opening=0.075 if kind == 1 else 0.055,
        )
    top = 0.0 if kind else 0.02
    neck = float(rng.choice([0.06, 0.13]))
    sketch.add(
        mirrored([(0.0, 0.012), *curve((0.04, 0.01), (0.066, 0.0)), (0.0, neck)]), Tone.SHADE
    )
    sides = [
        *curve((0.132, 0.028), (bust, 0.12), (waist, 0.215)),
        *curve((waist, 0.215), (flare * 0.72, hem * 0.62), (flare, hem)),
    ]
    sketch.add(
        mirrored(
            [
                *curve((0.0, neck), (0.045, neck * 0.72), (0.066, top)),
                *sides,
                *curve((flare, hem), (flare * 0.5, hem + 0.016), (0.0, hem + 0.02)),
            ]
        )
    )
    sketch.line(curve((-waist, 0.215), (0.0, 0.222), (waist, 0.215)), 0.006)
    for x in (-0.62, -0.28, 0.05, 0.36, 0.66):
        sketch.line(
            curve((x * waist, 0.23), (x * flare * 0.8, hem * 0.75), (x * flare, hem)), 0.003
        )
    return sketch


def skirt(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Waistband, flared or pleated."""
    sketch, waist, hip, hem = Sketch(), 0.115, 0.245 * width, 0.46 * length
    sketch.add(
        mirrored(
            [
                (0.0, 0.03),
                (waist, 0.03),
                *curve((waist, 0.03), (hip * 0.72, hem * 0.5), (hip, hem)),
                *curve((hip, hem), (hip * 0.5, hem + 0.02), (0.0, hem + 0.024)),
            ]
        )
    )
    sketch.add(
        mirrored([(0.0, 0.0), (waist - 0.004, -0.003), (waist + 0.002, 0.036), (0.0, 0.04)]),
        Tone.TRIM,
    )
    pleats = 9 if rng.random() < 0.5 else 4
    for x in np.linspace(-0.82, 0.82, pleats):
        sketch.line(
            curve(
                (float(x) * waist, 0.04),
                (float(x) * hip * 0.76, hem * 0.55),
                (float(x) * hip, hem + 0.012),
            ),
            0.004,
        )
    return sketch


def trousers(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Waistband, straight or tapered legs, pockets."""
    sketch, waist, leg, hem = Sketch(), 0.13, 0.105 * width, 0.64 * length
    taper = float(rng.choice([0.75, 1.0]))
    foot = leg * taper
    spread = 0.02 + 0.035 * max(0.0, width - 1)
    for side in (1, -1):
        outer = curve(
            (waist, 0.02),
            (waist + 0.028 * width, 0.15),
            (0.075 + spread + leg * 0.9, hem * 0.6),
            (0.07 + spread * 1.4 + foot, hem),
        )
        gap = 0.075 + spread * 1.4 - foot * 0.75
        inner = curve((max(gap, 0.014), hem), (max(gap * 0.6, 0.01), hem * 0.6), (0.0, 0.19))
        leg_path = [(0.0, 0.02), *outer, *inner]
        sketch.add([(side * x, y) for x, y in leg_path], turn=3.0 * side)
        sketch.line(
            [(side * x, y) for x, y in curve((0.085, 0.1), (0.088, hem * 0.6), (0.09, hem * 0.97))],
            0.003,
        )
        sketch.line(
            [(side * x, y) for x, y in curve((0.075, 0.04), (0.09, 0.085), (waist + 0.02, 0.1))],
            0.004,
        )
    sketch.add(
        mirrored([(0.0, 0.0), (waist - 0.003, -0.004), (waist + 0.004, 0.036), (0.0, 0.04)]),
        Tone.TRIM,
    )
    sketch.line(curve((0.0, 0.04), (0.004, 0.12), (0.0, 0.19)), 0.005)
    sketch.line(ellipse(0.0, 0.02, 0.006, 0.006), 0.01, tone=Tone.METAL)
    return sketch


def _body(sketch: Sketch, half: float, hem: float, neck: float, curved_hem: float = 0.008) -> None:
    """Back of the neck, then the front; shoulders lie at y = 0.035."""
    shoulder = 0.12 + 0.32 * half
    back = mirrored([(0.0, -0.004), *curve((0.045, -0.006), (_NECK, -0.004)), (0.0, neck + 0.01)])
    sketch.add(back, Tone.SHADE)
    front = [
        *curve((0.0, neck), (_NECK * 0.72, neck * 0.6), (_NECK, -0.004)),
        *curve((shoulder, 0.035), (half * 0.99, 0.14), (half * 0.97, hem * 0.6), (half, hem)),
        *curve((half, hem), (half * 0.55, hem + curved_hem), (0.0, hem + curved_hem * 1.2)),
    ]
    sketch.add(mirrored(front))
    collar = curve(
        (-_NECK - 0.012, 0.002),
        (-0.06, neck * 0.7),
        (0.0, neck + 0.014),
        (0.06, neck * 0.7),
        (_NECK + 0.012, 0.002),
    )
    sketch.line(collar, 0.004)


def _sleeves(
    sketch: Sketch, half: float, reach: float, drop: float, opening: float, cuff: float = 0.0
) -> None:
    """Both sleeves, behind the body; `reach` outwards and `drop` down from the shoulder."""
    shoulder = 0.12 + 0.32 * half
    end_x, end_y = shoulder + reach, 0.035 + drop
    inner_x, inner_y = end_x - opening, end_y + 0.022
    outline = [
        *curve(
            (shoulder - 0.05, 0.012),
            (shoulder + 0.018, 0.042),
            (shoulder + reach * 0.62, 0.035 + drop * 0.52),
            (end_x, end_y),
        ),
        *curve((inner_x, inner_y), (min(half * 0.985, inner_x) + 0.01, 0.17), (half * 0.8, 0.12)),
    ]
    for side in (1, -1):
        sketch.add([(side * x, y) for x, y in outline], turn=-16.0 * side)
        if cuff:
            band: Path2 = [
                (end_x - 0.002, end_y - cuff),
                (end_x, end_y),
                (inner_x, inner_y),
                (inner_x - 0.004, inner_y - cuff),
            ]
            sketch.add(band if side == 1 else flipped(band), Tone.TRIM)
        else:
            near: Path2 = [(end_x - 0.012, end_y - 0.016), (inner_x - 0.004, inner_y - 0.016)]
            sketch.line(near if side == 1 else flipped(near), 0.004)


def _pocket(sketch: Sketch, x: float, y: float, size: float) -> None:
    half = size / 2
    sketch.line(
        [
            (x - half, y),
            (x + half, y),
            (x + half, y + size),
            (x, y + size * 1.15),
            (x - half, y + size),
            (x - half, y),
        ],
        0.004,
    )
