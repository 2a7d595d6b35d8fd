import pytest

from pages.components.markup import plain


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a *b* _c_", "a \\*b\\* \\_c\\_"),
        ("[x](http://y)", "\\[x\\]\\(http\\:\\/\\/y\\)"),
        ("<img src=x>", "\\<img src\\=x\\>"),
        (":red[x] $y$", "\\:red\\[x\\] \\$y\\$"),
        ("# one\n- two", "\\# one \\- two"),
        ("Größe 38 · Étoile", "Größe 38 · Étoile"),
    ],
)
def test_every_mark_is_escaped_and_text_stays_on_one_line(text: str, escaped: str) -> None:
    assert plain(text) == escaped
