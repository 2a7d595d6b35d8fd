from types import SimpleNamespace

import pytest
import streamlit as st

from pages.components import uploads


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("song.FLAC", uploads.Recording(sound=b"x")),
        ("clip.of.mine.MP4", uploads.Recording(clip=b"x")),
        ("", uploads.Recording()),
    ],
)
def test_a_recording_is_told_apart_by_its_name(
    name: str, found: uploads.Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = SimpleNamespace(name=name, getvalue=lambda: b"x") if name else None
    monkeypatch.setattr(st, "file_uploader", lambda *label, **options: dropped)
    assert uploads.recording() == found
    assert uploads.Brought(recording=found).nothing == (not name)
