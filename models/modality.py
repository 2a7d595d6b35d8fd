"""The names of what an item is described by; the one vocabulary for every layer."""

from enum import StrEnum


class Modality(StrEnum):
    """A kind of item content. Its value is the name used in files, URLs and on the command line."""

    IMAGE = "image"
    TEXT = "text"
    AUDIO = "audio"
    VIDEO = "video"
    ATTRIBUTES = "attributes"
    REVIEWS = "reviews"


COLLABORATIVE = "collaborative"
"""The player of an attribution that stands for clicks: everything a model knows from ids alone."""
