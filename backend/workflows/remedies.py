"""What a person can do about what an import left out."""

from typing import Final

_REMEDIES: Final = (
    ("same user, item and time", "Nothing to do: the first of the equal rows was kept."),
    ("the item was listed before", "Keep one row per item; the first was used."),
    ("not in the items file", "Add the item to the items file, or correct its identifier."),
    ("the rating", "Write every rating as a plain number, for example 4 or 3.5."),
    ("the timestamp", "Write times as 2026-01-31 or as seconds since 1970."),
    ("the split", "Write train, validation or test."),
    ("the price", "Write the price as a plain number without a currency."),
    ("id is empty", "Fill in the identifier; without it nobody knows who or what is meant."),
    ("id is longer", "Use a shorter identifier."),
    ("control characters", "Remove line breaks and invisible characters from the identifier."),
    ("the record does not have", "Put texts that contain the separator into quotation marks."),
    ("picture file is not there", "Put the picture into the folder under the name in its row."),
    ("recording is not there", "Put the recording into the folder under the name in its row."),
    ("picture", "Save the picture again as a JPEG or PNG of ordinary size."),
    ("recording", "Save the recording again as a short WAV, MP3 or MP4."),
    ("JSON", "Write one JSON object per line."),
)
_OTHERWISE: Final = "Correct the cells listed below and import the file again under a new name."


def remedy(reason: str) -> str:
    """One sentence for a reason as the validation report gives it."""
    return next((advice for part, advice in _REMEDIES if part in reason), _OTHERWISE)
