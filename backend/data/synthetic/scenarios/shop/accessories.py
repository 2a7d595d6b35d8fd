"""Sketches of shoes and bags; arguments as in `garments`."""

import numpy as np

from backend.data.synthetic.scenarios.shop.outlines import (
    Path2,
    Sketch,
    Tone,
    curve,
    ellipse,
    mirrored,
    rounded,
)


def sneaker(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Side view: sole, upper, laces; the cut is the sole's thickness and the collar's height."""
    sketch, sole = Sketch(stands=True), 0.055 * width**2
    collar = -0.2 * length**1.6
    bulk = 0.02 * (width - 1)
    sketch.add(
        curve(
            (-0.25, collar + 0.03),
            (-0.15, collar),
            (-0.05, collar - 0.035),
            (0.0, collar + 0.06),
            (-0.25, collar + 0.09),
        ),
        Tone.SHADE,
    )
    upper = [
        *curve((-0.3, 0.0), (-0.315 - bulk, -0.09), (-0.285, collar + 0.02), (-0.262, collar)),
        *curve(
            (-0.262, collar),
            (-0.18, collar + 0.045),
            (-0.1, collar + 0.02),
            (-0.062, collar - 0.045),
        ),
        *curve(
            (-0.02, collar - 0.03),
            (0.07, min(-0.15, collar * 0.7)),
            (0.17, -0.105 - bulk),
            (0.28, -0.085 - bulk),
            (0.345, -0.045),
            (0.35, 0.0),
        ),
    ]
    sketch.add(upper)
    sketch.add(
        curve(
            (0.19, 0.0),
            (0.2, -0.065),
            (0.235, -0.095 - bulk),
            (0.3, -0.08 - bulk),
            (0.348, -0.04),
            (0.352, 0.0),
        ),
        Tone.TRIM,
    )
    sketch.add(
        curve(
            (-0.302, 0.0),
            (-0.318 - bulk, -0.09),
            (-0.3, -0.14),
            (-0.245, -0.12),
            (-0.215, -0.05),
            (-0.21, 0.0),
        ),
        Tone.TRIM,
    )
    sketch.add(
        rounded(-0.325 - bulk, -0.018, 0.365 + bulk, sole, min(0.03, sole / 2 + 0.008)), Tone.SOLE
    )
    sketch.line([(-0.32, sole * 0.55), (0.36, sole * 0.55)], 0.004)
    for step in range(4):
        x, y = 0.0 + 0.047 * step, min(-0.17, collar * 0.8) + 0.026 * step + 0.02
        sketch.line([(x - 0.028, y + 0.035), (x + 0.03, y - 0.006)], 0.012, light=True)
    if rng.random() < 0.6:
        for shift in (0.0, 0.045):
            sketch.line(
                curve((-0.13 + shift, -0.02), (-0.09 + shift, -0.08), (-0.02 + shift, -0.12)),
                0.013,
                tone=Tone.TRIM,
            )
    return sketch


def boot(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Side view: shaft from ankle to knee, block heel."""
    sketch, top = Sketch(stands=True), -0.13 - 0.27 * length**2
    back, front = -0.2 - 0.05 * (width - 1), 0.0 + 0.13 * (width - 1)
    sketch.add(
        curve(
            (back - 0.01, top + 0.01),
            ((back + front) / 2, top - 0.022),
            (front + 0.012, top + 0.01),
            ((back + front) / 2, top + 0.04),
            (back - 0.01, top + 0.01),
        ),
        Tone.SHADE,
    )
    sketch.add(
        [
            *curve(
                (-0.2, 0.0), (-0.205, -0.1), (back, top * 0.6 - 0.04), (back - 0.012, top + 0.01)
            ),
            *curve(
                (back - 0.012, top + 0.01),
                ((back + front) / 2, top + 0.035),
                (front + 0.014, top + 0.01),
            ),
            *curve(
                (front + 0.014, top + 0.01),
                (front, min(-0.2, top * 0.6)),
                (0.03, -0.15),
                (0.14, -0.105),
                (0.235, -0.07),
                (0.262, -0.02),
                (0.26, 0.0),
            ),
        ]
    )
    heel = 0.03 + 0.05 * float(rng.random())
    sketch.add([(-0.207, -0.012), (-0.075, -0.012), (-0.09, heel), (-0.2, heel)], Tone.SOLE)
    sketch.add(rounded(-0.208, -0.02, 0.272, 0.016 + 0.02 * (width > 1.1), 0.014), Tone.SOLE)
    if rng.random() < 0.5:
        sketch.line(curve((-0.1, top + 0.05), (-0.09, -0.1)), 0.008, tone=Tone.METAL)
    else:
        y = max(top + 0.1, -0.2)
        sketch.line(
            curve((back, y), ((back + front) / 2, y + 0.018), (front + 0.02, y)),
            0.022,
            tone=Tone.TRIM,
        )
        sketch.line(
            rounded((back + front) / 2 - 0.02, y, (back + front) / 2 + 0.02, y + 0.032, 0.006),
            0.007,
            tone=Tone.METAL,
        )
    return sketch


def heel(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Side view of a pump: kitten to stiletto, fine to block heel."""
    sketch, high = Sketch(stands=True), 0.2 * length**1.7
    thick = 0.016 * width**4 + 0.01
    platform = 0.045 * max(0.0, width - 1) * 4
    sole = [
        *curve(
            (-0.3, -high), (-0.17, -high * 0.86), (0.0, -high * 0.3), (0.13, -0.006), (0.33, 0.0)
        )
    ]
    sketch.add(
        [
            *curve(
                (-0.29, -high - 0.07),
                (-0.2, -high - 0.03),
                (-0.05, -high * 0.5 - 0.05),
                (0.1, -0.075),
            ),
            (0.1, -0.02),
            (-0.28, -high),
        ],
        Tone.SHADE,
    )
    upper = [
        *curve((-0.3, -high), (-0.325, -high - 0.06), (-0.305, -high - 0.135)),
        *curve(
            (-0.305, -high - 0.135),
            (-0.22, -high * 0.95 - 0.05),
            (-0.08, -high * 0.55 - 0.03),
            (0.06, -0.07),
            (0.13, -0.1),
        ),
        *curve((0.13, -0.1), (0.22, -0.085), (0.3, -0.04), (0.345, -0.004)),
        *sole[::-1],
    ]
    sketch.add(
        [
            (-0.312, -high - 0.03),
            (-0.2, -high * 0.86),
            (-0.262 + thick, 0.0 + platform),
            (-0.285 - thick * 0.3, 0.0 + platform),
        ],
        Tone.TRIM,
    )
    sketch.add(upper)
    sketch.add(
        [
            *sole,
            (0.345, 0.0),
            (0.34, 0.014 + platform),
            (0.13, 0.012 + platform),
            *curve(
                (0.1, 0.016 + platform),
                (0.0, -high * 0.3 + 0.024),
                (-0.17, -high * 0.86 + 0.02),
                (-0.3, -high + 0.016),
            ),
        ],
        Tone.SOLE,
    )
    if rng.random() < 0.5:
        sketch.add(ellipse(0.2, -0.092, 0.032, 0.018), Tone.TRIM)
        sketch.line(ellipse(0.2, -0.092, 0.008, 0.008), 0.01, tone=Tone.METAL)
    else:
        sketch.line(
            curve((-0.3, -high - 0.12), (-0.2, -high - 0.15), (-0.11, -high * 0.62 - 0.06)),
            0.014,
            tone=Tone.TRIM,
        )
    return sketch


def handbag(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Flap or top opening, one arched handle, a clasp."""
    sketch = Sketch(stands=True)
    half, tall = 0.235 * width, 0.33 * length
    arch = 0.16
    _handle(sketch, half * 0.55, arch, 0.026)
    sketch.add(
        mirrored(
            [
                (0.0, 0.0),
                *curve((half * 0.84, 0.0), (half * 0.9, 0.015)),
                *curve((half, tall * 0.85), (half * 0.96, tall - 0.01), (half * 0.88, tall)),
                (0.0, tall),
            ]
        )
    )
    flap = tall * float(rng.choice([0.42, 0.58]))
    if rng.random() < 0.7:
        sketch.add(
            mirrored(
                [
                    (0.0, -0.008),
                    *curve((half * 0.86, -0.006), (half * 0.92, 0.02)),
                    *curve((half * 0.95, flap * 0.5), (half * 0.72, flap * 0.92), (0.0, flap)),
                ]
            )
        )
        clasp = flap
    else:
        sketch.line([(-half * 0.9, 0.04), (half * 0.9, 0.04)], 0.008, tone=Tone.METAL)
        clasp = 0.055
    sketch.line(rounded(-0.018, clasp - 0.014, 0.018, clasp + 0.018, 0.006), 0.013, tone=Tone.METAL)
    for side in (1, -1):
        sketch.line(ellipse(side * half * 0.55, 0.012, 0.012, 0.012), 0.008, tone=Tone.METAL)
    return sketch


def backpack(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Rounded body, front pocket, straps behind, a loop on top."""
    sketch = Sketch(stands=True)
    half, tall = 0.185 * width, 0.46 * length
    for side in (1, -1):
        strap: Path2 = curve(
            (half * 0.6, 0.04),
            (half + 0.05, 0.12),
            (half + 0.055, tall * 0.6),
            (half * 0.86, tall - 0.03),
        )
        inner: Path2 = curve(
            (half * 0.7, tall - 0.05),
            (half + 0.01, tall * 0.6),
            (half * 0.95, 0.14),
            (half * 0.4, 0.07),
        )
        sketch.add([(side * x, y) for x, y in strap + inner], Tone.TRIM)
    _handle(sketch, 0.05, 0.055, 0.02)
    sketch.add(
        mirrored(
            [
                *curve((0.0, 0.0), (half * 0.62, 0.012), (half * 0.93, 0.1)),
                *curve((half, tall * 0.55), (half, tall * 0.9), (half * 0.86, tall)),
                (0.0, tall + 0.004),
            ]
        )
    )
    top = tall * 0.5
    sketch.add(rounded(-half * 0.78, top, half * 0.78, tall - 0.025, 0.035))
    sketch.line(
        curve(
            (-half * 0.86, tall * 0.3),
            (-half * 0.6, 0.075),
            (0.0, 0.05),
            (half * 0.6, 0.075),
            (half * 0.86, tall * 0.3),
        ),
        0.006,
    )
    sketch.line([(-half * 0.66, top + 0.035), (half * 0.66, top + 0.035)], 0.007, tone=Tone.METAL)
    if rng.random() < 0.5:
        sketch.line(
            rounded(-0.03, top * 0.55, 0.03, top * 0.55 + 0.045, 0.008), 0.03, tone=Tone.TRIM
        )
    return sketch


def tote(width: float, length: float, rng: np.random.Generator) -> Sketch:
    """Open bag with two long handles."""
    sketch = Sketch(stands=True)
    half, tall = 0.2 * width, 0.38 * length
    arch = float(rng.choice([0.17, 0.23]))
    _handle(sketch, half * 0.46, arch * 0.9, 0.02)
    sketch.add(
        mirrored([(0.0, 0.0), (half * 0.97, 0.0), (half * 0.95, 0.035), (0.0, 0.04)]), Tone.SHADE
    )
    sketch.add(
        mirrored(
            [
                *curve((0.0, 0.022), (half * 0.5, 0.018), (half, 0.004)),
                *curve((half, 0.004), (half * 0.95, tall * 0.6), (half * 0.93, tall)),
                *curve((half * 0.9, tall + 0.004), (0.0, tall + 0.012)),
            ]
        )
    )
    _handle(sketch, half * 0.52, arch, 0.024, drop=0.1)
    sketch.line(curve((-half * 0.98, 0.03), (0.0, 0.05), (half * 0.98, 0.03)), 0.004)
    return sketch


def _handle(sketch: Sketch, half: float, arch: float, thick: float, drop: float = 0.02) -> None:
    """An arch of even thickness above y = 0."""
    outer = curve(
        (half + thick / 2, drop),
        (half * 0.92 + thick / 2, -arch * 0.6),
        (0.0, -arch),
        (-half * 0.92 - thick / 2, -arch * 0.6),
        (-half - thick / 2, drop),
    )
    inner = curve(
        (-half + thick / 2, drop),
        (-half * 0.92 + thick / 2, -arch * 0.6 + thick / 4),
        (0.0, -arch + thick),
        (half * 0.92 - thick / 2, -arch * 0.6 + thick / 4),
        (half - thick / 2, drop),
    )
    sketch.add(outer + inner, Tone.TRIM)
