"""Whether heat maps find what a person likes in a picture, and word contributions the planted word.

    python -m bench.saliency DATASET --home DIR --pairs 400 --rows ROWS.csv [--minutes 9]

On a generated shop, for the best run that reads pictures and text: the first place of people's
lists. One row per person is added to ROWS.csv; the same command goes on where it was stopped by
`--minutes`, and tells of all rows there. Only people are counted in whom the question has an
answer: who like the item's value of at least one property of the picture (of the text).

Picture: the part (`Scenario.parts`) in which the property is seen that the person likes most in
this item. By chance, heat lies in it as its area lies in the picture, and within the drawn object
(what differs from the picture's border by more than a sixteenth of the range) as in the object.

Text: a planted word is one that no text uses but those of the item's value of the property that the
person likes most in it. Intervals: 95 %, bootstrap over people.
"""

import argparse
import csv
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.generate import load_truth
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.scenarios.shop import phrases
from backend.data.synthetic.scenarios.shop.vocabulary import CATEGORIES
from backend.data.synthetic.truth import Truth
from backend.explain.saliency import SIDE, Part
from backend.schema import Modality
from backend.workflows.inside import Inside, Method, inside, words_inside
from backend.workflows.loading import load_run
from backend.workflows.recommendation import recommend, runs, users
from backend.workflows.workspace import open_workspace

_POOLS: Final[Mapping[str, tuple[Mapping[str, object], ...]]] = {
    "material": (phrases.MATERIAL, phrases.MATERIAL_WORD),
    "occasion": (phrases.OCCASION, phrases.OCCASION_WORD),
    "style": (phrases.STYLE, phrases.BRANDS),
}
_WORD: Final = re.compile(r"\w+")
Row = dict[str, float | str]


def main() -> None:
    """Measure for so many minutes, then print Markdown rows of everything measured so far."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--home", type=Path, default=None)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="People before this one are left out.")
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--words", action="store_true", help="Words alone: quicker.")
    parser.add_argument("--minutes", type=float, default=9.0)
    given = parser.parse_args()
    workspace = open_workspace(given.home)
    option = next(
        o for o in runs(workspace, given.dataset) if {"image", "text"} <= set(o.modalities)
    )
    truth = load_truth(load_run(workspace, option.run_id).dataset.root)
    known = users(workspace, given.dataset, limit=given.pairs)
    people = [one.user_id for one in known[given.first :]]
    done = {str(row["person"]) for row in _rows(given.rows)}
    end = time.monotonic() + 60 * given.minutes
    for person in people:
        if person in done:
            continue
        if time.monotonic() > end:
            break
        item = recommend(workspace, option.run_id, person, 1).items[0].card.item_id
        row: Row
        if given.words:
            text, words = words_inside(workspace, option.run_id, person, item)
            row = {"person": person, "item": item} | _text(truth, person, item, text, words)
            _append(given.rows, row)
            continue
        start = time.perf_counter()
        found = inside(workspace, option.run_id, person, item)
        row = {"person": person, "item": item, "seconds": time.perf_counter() - start}
        told = {method: words.words for method, words in found.words.items()}
        row |= _picture(truth, person, item, found) | _text(truth, person, item, found.text, told)
        if f"{Method.COVERING}_named" in row:
            row |= {f"{m}_words_trusted": float(w.trusted) for m, w in found.words.items()}
            if found.words_agreement is not None:
                row["words_agree"] = found.words_agreement
        _append(given.rows, row)
    rows = _rows(given.rows)
    print(f"{option.label} on {given.dataset}: {len(rows)} of {len(people)} people\n")
    _tell(rows)


_COLUMNS: Final = (
    ["person", "item", "seconds", "part", "area", "within_area", "object_area", "picture_agree"]
    + [
        f"{m}_{what}"
        for m in Method
        for what in ("part", "within", "object", "even", "picture_trusted")
    ]
    + ["property", "weight", "chance", "words_agree"]
    + [f"{m}_{what}" for m in Method for what in ("named", "words_trusted")]
    + ["both_named"]
)


def _append(path: Path, row: Row) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow(row)


def _rows(path: Path) -> list[Row]:
    """What is no number stays text; an empty cell is left out."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{k: _number(v) for k, v in row.items() if v != ""} for row in csv.DictReader(file)]


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell


def _picture(truth: Truth, person: str, item: str, found: Inside) -> Row:
    """Empty where the item has no picture or shows nothing that the person likes."""
    name, liking = _liked(truth, person, item, Modality.IMAGE)
    if found.picture is None or liking <= 0:
        return {}
    scenario = SCENARIOS["shop"].cls(truth.config)
    part = scenario.parts(truth, int(truth.item_rows(np.array([item]))[0]))[name]
    drawn = _drawn(found)
    row: Row = {
        "part": name,
        "area": float(part.mean()),
        "within_area": float((part & drawn).sum() / drawn.sum()),
        "object_area": float(drawn.mean()),
    }
    if found.picture_agreement is not None:
        row["picture_agree"] = found.picture_agreement
    for method, seen in found.heats.items():
        heat = np.maximum(seen.heat.heat, 0)
        row[f"{method}_part"] = _share(heat, part)
        row[f"{method}_within"] = _share(heat * drawn, part)
        row[f"{method}_object"] = _share(heat, drawn)
        row[f"{method}_even"] = _share(np.maximum(seen.heat.windows, 0), part)
        row[f"{method}_picture_trusted"] = float(seen.trusted)
    return row


def _text(
    truth: Truth, person: str, item: str, text: str, told: Mapping[Method, Sequence[Part]]
) -> Row:
    """Empty where the item has no text or says nothing that the person likes."""
    name, liking = _liked(truth, person, item, Modality.TEXT)
    if not told or liking <= 0:
        return {}
    place = int(truth.item_rows(np.array([item]))[0])
    planted = _planted(name, truth.properties(place)[name])
    user = int(truth.user_rows(np.array([person]))[0])
    weight = float(truth.weights[user, truth.modalities.index(Modality.TEXT)])
    row: Row = {"property": name, "weight": weight}
    together = np.zeros(
        len({text[int(p.start) : int(p.end)].lower() for p in told[Method.COVERING]})
    )
    for method, parts in told.items():
        drops: dict[str, float] = {}
        for part in parts:
            drops.setdefault(text[int(part.start) : int(part.end)].lower(), part.drop)
        hits = [bool(_words(word) & planted) for word in drops]
        order = np.argsort([-drop for drop in drops.values()], kind="stable")[:3]
        row["chance"] = 1 - (1 - float(np.mean(hits))) ** 3
        row[f"{method}_named"] = float(any(hits[place] for place in order))
        together += np.array(list(drops.values())) / max(float(np.std(list(drops.values()))), 1e-12)
    if len(told) > 1:
        best = np.argsort(-together, kind="stable")[:3]
        row["both_named"] = float(any(hits[place] for place in best))
    return row


def _liked(truth: Truth, person: str, item: str, modality: Modality) -> tuple[str, float]:
    """The property of this modality that the person likes most in the item, and how much."""
    user = int(truth.user_rows(np.array([person]))[0])
    codes = truth.catalogue.codes[int(truth.item_rows(np.array([item]))[0])]
    words = truth.vocabulary
    columns = words.columns_of(modality)
    likes = [float(truth.tastes.values[user, words.starts[c] + codes[c]]) for c in columns]
    best = int(np.argmax(likes))
    return words.properties[columns[best]].name, likes[best]


def _planted(name: str, value: str) -> set[str]:
    own, others = set[str](), _words(phrases.FILLER) | _words(phrases.SEEN)
    for category in CATEGORIES:
        others |= _words(category.nouns) | _words(category.cuts) | _words(category.name)
    for prop, pools in _POOLS.items():
        for pool in pools:
            for other, texts in pool.items():
                (own if (prop, other) == (name, value) else others).update(_words(texts))
    return own - others


def _words(texts: object) -> set[str]:
    return set(_WORD.findall(str(texts).lower()))


def _drawn(found: Inside) -> NDArray[np.bool_]:
    """bool[SIDE, SIDE]."""
    assert found.picture is not None
    pixels = np.asarray(found.picture.convert("RGB").resize((SIDE, SIDE))).astype(float)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(np.abs(pixels - np.median(edge, axis=0)).max(2) > 16)


def _share(heat: NDArray[np.float64], part: NDArray[np.bool_]) -> float:
    """Share of what speaks for the item that lies in the part."""
    return float(heat[part].sum() / max(float(heat.sum()), 1e-12))


def _tell(rows: Sequence[Row]) -> None:
    print("| measure | method | mean [95 %] | by chance | difference [95 %] | people |")
    print("|---|---|---|---|---|---|")
    for method in Method:
        pictures = [row for row in rows if f"{method}_part" in row]
        trusted = [row for row in pictures if row[f"{method}_picture_trusted"] == 1]
        for called, some, what, chance in (
            ("heat inside the liked part", pictures, "part", "area"),
            ("the same, trusted maps alone", trusted, "part", "area"),
            ("the same, shared equally in each window", pictures, "even", "area"),
            ("of the heat on the object, inside the liked part", pictures, "within", "within_area"),
            ("heat inside the drawn object", pictures, "object", "object_area"),
        ):
            _line(called, method, some, f"{method}_{what}", chance)
        for part in ("colour", "pattern", "cut"):
            some = [row for row in pictures if row["part"] == part]
            _line(f"heat inside the liked part: {part}", method, some, f"{method}_part", "area")
    for method in (*Method, "both"):
        texts = [row for row in rows if f"{method}_named" in row]
        trusted = [row for row in texts if row.get(f"{method}_words_trusted") == 1]
        heeding = [row for row in texts if float(row["weight"]) >= 0.2]
        for called, some in (
            ("a planted word among the first three", texts),
            ("the same, trusted contributions alone", trusted),
            ("the same, people who heed text by a fifth or more", heeding),
        ):
            _line(called, method, some, f"{method}_named", "chance")
    for what in ("picture", "words"):
        for method in Method:
            _line(f"{what}: trusted", method, rows, f"{method}_{what}_trusted", "")
        _line(f"{what}: rank correlation of both", "both", rows, f"{what}_agree", "")
    seconds = [float(row["seconds"]) for row in rows if "seconds" in row]
    print(f"\nSeconds for one item, median {np.median(seconds):.1f}, slowest {max(seconds):.1f}.")


def _line(called: str, method: str, rows: Sequence[Row], what: str, chance: str) -> None:
    some = [row for row in rows if what in row]
    if not some:
        return
    found = np.array([float(row[what]) for row in some])
    cells = [called, method, _interval(found, "{:.3f}" if what.endswith("agree") else "{:.1%}")]
    if chance:
        expected = np.array([float(row[chance]) for row in some])
        cells += [f"{expected.mean():.1%}", _interval(100 * (found - expected), "{:+.1f}")]
    else:
        cells += ["", ""]
    print("| " + " | ".join([*cells, str(len(some))]) + " |")


def _interval(values: NDArray[np.float64], form: str) -> str:
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(10_000, len(values)))].mean(1)
    told: Callable[[float], str] = form.format
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{told(float(values.mean()))} [{told(float(low))}, {told(float(high))}]"


if __name__ == "__main__":
    main()
