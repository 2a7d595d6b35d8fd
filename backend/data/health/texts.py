"""Whether titles and descriptions say something about their own item, and in readable letters."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent, rows_of

_TAG: Final = re.compile(
    r"</?(?:p|br|div|span|b|i|u|em|strong|ul|ol|li|a|img|table|tr|td|h[1-6]|font)(?:\s[^<>]*)?/?>"
    r"|&(?:amp|nbsp|lt|gt|quot|apos|eacute|uuml|ouml|auml|#\d{2,5}|#x[0-9a-f]{2,4});",
    re.IGNORECASE,
)
_MOJIBAKE: Final = re.compile(
    "\ufffd|[ÃÂ][\u0080-\u00bf]|â€[\u0090-\u00a6\u2122œ\u009d˜”“]|ï¿½|â‚¬|Ã[ƒ‚„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_LONG_ENOUGH: Final = 20
_EVERYWHERE: Final = 0.2
_SAME: Final = 0.02
_FEWEST: Final = 20
_PILED: Final = 0.05
_CUT_AT: Final = 50


def text_findings(titles: Sequence[str], texts: Sequence[str]) -> Iterator[Finding]:
    """Titles and descriptions of all items, "" where there is none."""
    whole = [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)]
    yield from _markup(whole)
    yield from _encoding(whole)
    yield from _boilerplate(texts)
    yield from _repeated(texts)
    yield from _cut(texts)


def _markup(whole: Sequence[str]) -> Iterator[Finding]:
    hits = _where(_TAG, whole)
    if hits.any():
        example = _TAG.search(whole[int(hits.argmax())])
        yield Finding(
            "text_markup",
            Severity.ATTENTION,
            f"{_texts(hits)} hold leftovers of HTML, such as {example[0] if example else ''}",
            "A text encoder reads them as words: items look alike because of their layout.",
            "Strip tags and entities in the source and import again.",
            Fix("import", "Import again"),
            rows_of(hits),
        )


def _encoding(whole: Sequence[str]) -> Iterator[Finding]:
    hits = _where(_MOJIBAKE, whole)
    if hits.any():
        text = whole[int(hits.argmax())]
        found = _MOJIBAKE.search(text)
        word = _word_around(text, found.start()) if found else ""
        yield Finding(
            "text_encoding",
            Severity.ATTENTION,
            f"{_texts(hits)} were decoded with the wrong alphabet, such as '{word}'",
            "Words with broken letters are strangers to a text encoder, and people see them too.",
            "Save the tables as UTF-8 in the source and import again.",
            Fix("import", "Import again"),
            rows_of(hits),
        )


def _boilerplate(texts: Sequence[str]) -> Iterator[Finding]:
    """A sentence that stands in the descriptions of very many items."""
    parts = [
        {part.strip() for part in _SENTENCE.split(text) if len(part.strip()) >= _LONG_ENOUGH}
        for text in texts
    ]
    filled = sum(bool(text) for text in texts)
    if filled < _FEWEST:
        return
    counts = Counter(part for said in parts for part in said)
    if not counts:
        return
    sentence, count = counts.most_common(1)[0]
    distinct = len({text for text in texts if text})
    # One description on all items is a repetition, reported as such, and no boilerplate.
    if count > _EVERYWHERE * filled and distinct > _EVERYWHERE * filled:
        hits = np.array([sentence in said for said in parts], dtype=bool)
        yield Finding(
            "text_boilerplate",
            Severity.ATTENTION,
            f"{counted(count, 'description')} ({percent(count / filled)}) hold the same sentence: "
            f"'{_short(sentence)}'",
            "It tells nothing about the item and pulls all texts together, so that real "
            "differences count less.",
            "Remove such sentences in the source and import again.",
            Fix("import", "Import again"),
            rows_of(hits),
        )


def _repeated(texts: Sequence[str]) -> Iterator[Finding]:
    """One and the same description on many items."""
    counts = Counter(text for text in texts if len(text) >= _LONG_ENOUGH)
    filled = sum(bool(text) for text in texts)
    if not counts or filled < _FEWEST:
        return
    text, count = counts.most_common(1)[0]
    if count >= max(_SAME * filled, 5):
        hits = np.array([said == text for said in texts], dtype=bool)
        yield Finding(
            "text_repeated",
            Severity.ATTENTION,
            f"{counted(count, 'item')} ({percent(count / filled)}) share one description: "
            f"'{_short(text)}'",
            "By their text they are one item, however different they are.",
            "Look whether it stands for 'no description'; then leave the field empty in the "
            "source.",
            Fix("import", "Import again"),
            rows_of(hits),
        )


def _cut(texts: Sequence[str]) -> Iterator[Finding]:
    """Many descriptions of exactly the greatest length."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    if longest < _CUT_AT:
        return
    hits = lengths == longest
    distinct = len({text for text in texts if len(text) == longest})
    # Texts of one pattern pile up as well, but just below the greatest length too.
    below = int(np.bincount(lengths, minlength=longest + 1)[max(1, longest - 20) : longest].max())
    piled = distinct >= max(_FEWEST, _PILED * int((lengths > 0).sum()), 4 * below)
    if piled:
        yield Finding(
            "text_cut",
            Severity.NOTE,
            f"{_texts(hits)} are exactly {longest:,} characters long, and none is longer.",
            "Somebody cut them on the way; what stood behind is lost to the models.",
            "Export the descriptions in full if you can.",
            Fix("import", "Import again"),
            rows_of(hits),
        )


def _where(pattern: re.Pattern[str], texts: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([pattern.search(text) is not None for text in texts], dtype=bool)


def _texts(hits: NDArray[np.bool_]) -> str:
    count = int(hits.sum())
    return f"The texts of {counted(count, 'item')} ({percent(count / len(hits))})"


def _word_around(text: str, place: int) -> str:
    start = max(text.rfind(" ", 0, place), text.rfind("\n", 0, place)) + 1
    end = min((e for e in (text.find(" ", place), text.find("\n", place)) if e >= 0), default=-1)
    return _short(text[start:] if end < 0 else text[start:end])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 70 else line[:69].rstrip() + "…"
