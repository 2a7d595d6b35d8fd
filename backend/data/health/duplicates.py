"""Items that stand in the catalogue twice, word for word and picture for picture."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from backend.data.health.findings import (
    LISTED,
    Finding,
    Fix,
    Severity,
    counted,
    flattened,
    percent,
)
from backend.schema import MEDIA_COLUMNS, Col, Modality

Groups = tuple[tuple[int, ...], ...]
"""Rows that belong together, each at least two; the largest group first."""

_MANY: Final = 0.01
_ON_MANY_ITEMS: Final = 5
_SAID: Final = (Col.TITLE, Col.TEXT, Col.CATEGORY)


def exact_duplicates(items: pd.DataFrame, attributes: Sequence[str] = ()) -> Groups:
    """Items alike in title, text, category, every file and every attribute; those without title,
    text and picture are not compared, for they are alike in having nothing."""
    files = [column for column in MEDIA_COLUMNS.values() if column in items.columns]
    columns = [*_SAID, *files, *attributes]
    there = items[Col.TITLE].ne("") | items[Col.TEXT].ne("") | items[Col.IMAGE].ne("")
    return _grouped(items.loc[there, columns].astype(str))


def same_files(items: pd.DataFrame) -> Mapping[Modality, Groups]:
    """Items that share a picture, a recording, byte for byte."""
    found = {}
    for modality, column in MEDIA_COLUMNS.items():
        if column in items.columns:
            found[modality] = _grouped(items.loc[items[column] != "", [column]])
    return found


def duplicate_findings(groups: Groups, n_items: int) -> Iterator[Finding]:
    """What `exact_duplicates` found."""
    if not groups:
        return
    spare = sum(len(group) - 1 for group in groups)
    yield Finding(
        "exact_duplicates",
        Severity.ATTENTION if spare > _MANY * n_items else Severity.NOTE,
        f"{counted(spare, 'item')} ({percent(spare / n_items)}) {'is a' if spare == 1 else 'are'} "
        f"word for word and picture for picture {'double' if spare == 1 else 'doubles'} of another "
        "with a different identifier.",
        "Clicks of one product are spread over several, each looks rarer than it is, and a double "
        "of something already chosen is recommended as new.",
        "Merge them in the source so that each product has one identifier, and import again.",
        Fix("import", "Import again"),
        flattened(groups),
        groups[:LISTED],
    )


def shared_file_findings(shared: Mapping[Modality, Groups], n_items: int) -> Iterator[Finding]:
    """One picture (or recording) on many items: mostly a placeholder."""
    for modality, groups in shared.items():
        wide = tuple(g for g in groups if len(g) >= max(_ON_MANY_ITEMS, 0.005 * n_items))
        if wide:
            noun, count = _NOUNS[modality], len(wide[0])
            others = f"; {counted(len(wide) - 1, 'other')} on several each" if wide[1:] else ""
            yield Finding(
                f"shared_{modality}",
                Severity.ATTENTION,
                f"{counted(count, 'item')} ({percent(count / n_items)}) show one and the same "
                f"{noun}{others}.",
                f"It is probably a placeholder: by their {noun} these items are all alike, and a "
                "model takes that for taste.",
                f"Leave the {noun} out where there is none: what is missing is masked, what is "
                "wrong is learned.",
                Fix("import", "Import again"),
                flattened(wide),
                wide[:LISTED],
            )


def _grouped(table: pd.DataFrame) -> Groups:
    repeated = table[table.duplicated(keep=False)]
    if repeated.empty:
        return ()
    groups = repeated.groupby(list(repeated.columns), sort=False).indices.values()
    rows = repeated.index.to_numpy()
    found = [tuple(int(rows[place]) for place in places) for places in groups]
    return tuple(sorted(found, key=len, reverse=True))


_NOUNS: Final[Mapping[Modality, str]] = {
    Modality.IMAGE: "picture",
    Modality.AUDIO: "sound",
    Modality.VIDEO: "video",
}
