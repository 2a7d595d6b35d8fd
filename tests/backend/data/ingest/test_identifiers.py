import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.ingest import _identifiers
from backend.data.ingest._identifiers import Identifiers

CHUNKS = st.lists(st.lists(st.sampled_from(["a", "b", "ü", "", "long one"])), max_size=8)


@given(CHUNKS, st.integers(0, 12))
def test_equal_texts_get_equal_numbers_however_often_it_is_tidied(
    chunks: list[list[str]], held: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_identifiers, "_HELD", held)
        gathered = Identifiers()
        for chunk in chunks:
            gathered.add(pa.array(chunk, pa.large_string()).dictionary_encode())
        numbers, texts = gathered.finish()
    written = [text for chunk in chunks for text in chunk]
    known = texts.to_pylist()
    assert len(set(known)) == len(known)
    assert [known[number] for number in numbers] == written
