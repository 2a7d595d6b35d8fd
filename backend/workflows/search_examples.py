"""Queries to begin with, in the catalogue's own words."""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import pandas as pd

from backend.schema import Col
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.workspace import Workspace

_PHRASE_END: Final = re.compile(r"[.,;:!?()\[\]\n|/]+")
_READ: Final = 5_000
_GLUE: Final = 0.25
"""A word in more of the texts than this only holds others together."""
_LONGEST: Final = 5


def examples(workspace: Workspace, dataset_id: str, count: int = 4) -> tuple[str, ...]:
    """How descriptions of the largest categories begin, one of each; titles where nothing is
    described."""
    return _examples(workspace, find_dataset(workspace, dataset_id).id, count)


@lru_cache(maxsize=8)
def _examples(workspace: Workspace, dataset_id: str, count: int) -> tuple[str, ...]:
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    items = dataset.items.assign(popularity=dataset.popularity)
    items = items.sort_values("popularity", ascending=False, kind="stable").head(_READ)
    glue = _glue(items)
    category = items[Col.CATEGORY].str.partition("|")[0]
    found: list[str] = []
    for name in category.value_counts().index:
        phrase = _typical(items[category == name], glue)
        if phrase and phrase.lower() not in {other.lower() for other in found}:
            found.append(phrase)
        if len(found) == count:
            break
    return tuple(found)


def _typical(items: pd.DataFrame, glue: frozenset[str]) -> str:
    """The most frequent beginning that names the thing, as title or category do; of equally
    frequent ones that of the most chosen item."""
    counts: Counter[str] = Counter()
    for text, title, category in zip(
        items[Col.TEXT], items[Col.TITLE], items[Col.CATEGORY], strict=True
    ):
        phrase = _beginning(text, glue)
        if _words(phrase) & _words(f"{title} {category}"):
            counts[phrase] += 1
    if counts:
        return counts.most_common(1)[0][0]
    return next((phrase for title in items[Col.TITLE] if (phrase := _cut(title.split(), glue))), "")


def _words(text: str) -> set[str]:
    """Lower-case, without a plural s, so that "Boots" are named by "Ankle boot"."""
    return {word.removesuffix("s") for word in re.findall(r"[^\W\d_]{3,}", text.lower())}


def _beginning(text: str, glue: frozenset[str]) -> str:
    """The first phrase, if it is one: "Ankle boots in imitation leather"."""
    words = _PHRASE_END.split(text.strip(), maxsplit=1)[0].split()
    return _cut(words, glue) if len(words) > 1 else ""


def _cut(words: Sequence[str], glue: frozenset[str]) -> str:
    """At most five words, none at the end that leaves the phrase hanging."""
    kept = list(words[:_LONGEST])
    while kept and kept[-1].lower() in glue:
        kept.pop()
    return " ".join(kept)


def _glue(items: pd.DataFrame) -> frozenset[str]:
    """Short words that most texts have: "with", "a", "in the"."""
    words: Counter[str] = Counter()
    for text in items[Col.TEXT]:
        words.update(set(text.lower().split()))
    least = max(3.0, _GLUE * len(items))
    return frozenset(word for word, count in words.items() if count >= least or len(word) < 3)
