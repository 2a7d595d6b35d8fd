"""Sound and video of an item, to be played."""

import streamlit as st

from backend.workflows.cards import ItemCard

_WIDTH = 320
"""Pixels: videos are stored no larger, and stretched they would only be coarse."""


def show(item: ItemCard) -> None:
    """Its video, and its sound where that is not the video's own; nothing where it has neither."""
    if item.video is not None and item.video.exists():
        st.video(str(item.video), alt=f"Video of {item.title}", width=_WIDTH)
    elif item.audio is not None and item.audio.exists():
        st.audio(str(item.audio), format="audio/flac", alt=f"Sound of {item.title}")
