import pytest

from backend.data.health.findings import Finding
from backend.data.health.texts import text_findings

WORDS = ("linen", "wool", "denim", "silk", "cotton", "velvet", "leather", "canvas")


def _clean(count: int = 200) -> list[str]:
    return [
        f"A {WORDS[n % 8]} piece in shade {n}, cut for {WORDS[(n * 3) % 8]} lovers & friends. "
        f"Ça va: café, naïve, 5 < 6, size {n * 7}."
        for n in range(count)
    ]


def _found(texts: list[str], titles: list[str] | None = None) -> dict[str, Finding]:
    return {f.name: f for f in text_findings(titles or [""] * len(texts), texts)}


def test_texts_of_many_languages_are_no_finding() -> None:
    assert _found(_clean()) == {}
    assert _found(["", ""]) == {}
    assert _found(["Größe Ångström, señor", "日本語の説明", "Ãngelo", "50 € – “fine”"]) == {}


@pytest.mark.parametrize("part", ["<br/>", "<p class='x'>", "&nbsp;", "&amp;", "&#39;", "</div>"])
def test_markup_is_found(part: str) -> None:
    texts = _clean()
    texts[3] += part
    found = _found(texts)
    assert set(found) == {"text_markup"}
    assert found["text_markup"].items == (3,)
    assert part in found["text_markup"].sentence


@pytest.mark.parametrize("text", ["Größe café", "naïve – “fine”", "100 €", "Ångström, señor"])
def test_letters_read_with_the_wrong_alphabet_are_found(text: str) -> None:
    broken = text.encode("utf-8").decode("cp1252", "replace")
    found = _found([*_clean(), broken])
    assert set(found) == {"text_encoding"}
    assert found["text_encoding"].items == (200,)


def test_titles_are_looked_at_as_well() -> None:
    assert "text_markup" in _found(["", ""], ["Shirt", "Shirt <b>new</b>"])


def test_a_sentence_in_every_description_is_found() -> None:
    texts = [f"{text} Free shipping from forty euros." for text in _clean()]
    found = _found(texts)
    assert set(found) == {"text_boilerplate"}
    assert "'Free shipping from forty euros.'" in found["text_boilerplate"].sentence


def test_one_description_for_many_items_is_found_once() -> None:
    texts = ["No description is available."] * 20 + _clean(180)
    found = _found(texts)
    assert set(found) == {"text_repeated"}
    assert found["text_repeated"].items == tuple(range(20))


def test_descriptions_cut_at_one_length_are_found() -> None:
    texts = [(text * 3)[:120] for text in _clean()]
    assert set(_found(texts)) == {"text_cut"}
