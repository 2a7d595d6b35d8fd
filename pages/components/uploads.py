"""What a person brings of a single item: words, a picture, a sound, a video."""

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

from backend.schema import Modality
from pages.components import state

_PICTURES = ["jpg", "jpeg", "png", "webp"]
_SOUNDS = ["wav", "flac", "ogg", "mp3", "m4a"]
_CLIPS = ["mp4", "mov", "webm", "mkv"]


@dataclass(frozen=True)
class Recording:
    """At most one of the two."""

    sound: bytes | None = None
    clip: bytes | None = None


@dataclass(frozen=True)
class Brought:
    """Everything; what a model does not read was not asked for."""

    words: str = ""
    picture: bytes | None = None
    recording: Recording = Recording()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to go by yet."""
        return self == Brought()


def picture() -> bytes | None:
    """A picture, if one was dropped."""
    found = st.file_uploader("Picture", type=_PICTURES)
    return found.getvalue() if found else None


def recording() -> Recording:
    """A recording, told apart by its name; what is really inside is checked when it is decoded."""
    found = st.file_uploader("Sound or video", type=[*_SOUNDS, *_CLIPS])
    if not found:
        return Recording()
    moves = found.name.lower().rsplit(".", 1)[-1] in _CLIPS
    return Recording(clip=found.getvalue()) if moves else Recording(sound=found.getvalue())


def brought(modalities: Collection[str], label: str, placeholder: str) -> Brought:
    """A field for each thing that a model reads; words are bound to the URL."""
    plays = bool({Modality.AUDIO, Modality.VIDEO} & set(modalities))
    wanted = (Modality.TEXT in modalities, Modality.IMAGE in modalities, plays)
    fields = iter(st.columns(max(1, sum(wanted))))
    words, shown, played = "", None, Recording()
    if wanted[0]:
        with next(fields):
            words = state.write_in(label, "words", placeholder=placeholder)
    if wanted[1]:
        with next(fields):
            shown = picture()
    if wanted[2]:
        with next(fields):
            played = recording()
    return Brought(words, shown, played)
