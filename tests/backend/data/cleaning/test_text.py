import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.cleaning import CleaningConfig
from backend.data.cleaning.text import (
    cleaned_column,
    composed,
    text_cleaner,
    tidy,
    without_control,
    without_tags,
)

ALL = CleaningConfig(
    strip_tags=True,
    unescape_html=True,
    drop_control=True,
    compose_unicode=True,
    tidy_spaces=True,
)


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("<b>Bold</b> &amp; <br/>new", "Bold & new"),
        ("a < b and c > d", "a < b and c > d"),
        ("<!-- gone --><script>evil()</script>kept<style>p{}</style>", "kept"),
        ("<SCRIPT>never closed", ""),
        ("price &lt;b&gt; 5 &euro;", "price <b> 5 €"),
        ("a\u202eb\u200fc\ufeff\x00d", "abcd"),
        ("e\u0301te\u0301", "été"),
        ("  two \t words \r\n\n  next\u00a0line ", "two words\nnext line"),
        ("👩\u200d🔬 نام\u200cها", "👩\u200d🔬 نام\u200cها"),
        ("商品<br>説明", "商品 説明"),
        ("", ""),
    ],
)
def test_texts_of_any_language(dirty: str, clean: str) -> None:
    cleaner = text_cleaner(ALL)
    assert cleaner is not None
    assert cleaner(dirty) == clean


def test_without_a_choice_nothing_changes() -> None:
    assert text_cleaner(CleaningConfig()) is None


@given(st.text())
def test_each_step_done_twice_is_done_once(text: str) -> None:
    for step in (without_control, composed, tidy):
        assert step(step(text)) == step(text)
    assert unicodedata.is_normalized("NFC", composed(text))


@pytest.mark.parametrize("piece", ["<script", "<a", "<!--", " \n ", "&", "<", " ", "</", "&#x"])
def test_hostile_texts_come_to_an_end(piece: str) -> None:
    """In quadratic time this would take minutes."""
    cleaner = text_cleaner(ALL)
    assert cleaner is not None
    assert len(cleaner(piece * 100_000)) <= len(piece) * 100_000


def test_a_column_keeps_its_index_and_counts_its_changes() -> None:
    column = pd.Series(["a", " b<i>", ""], index=[4, 5, 6], dtype=str)
    after, changed = cleaned_column(column, without_tags)
    assert after.to_dict() == {4: "a", 5: " b ", 6: ""}
    assert changed == 1
