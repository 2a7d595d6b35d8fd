"""Words of the field, each explained in one plain sentence with an example."""

from collections.abc import Mapping
from typing import Final

GLOSSARY: Final[Mapping[str, str]] = {
    "interactions": "One person choosing one item: a purchase, a click, a rating. "
    "Example: Ann bought the red coat.",
    "sparsity": "The share of person-item pairs that never met. Example: 99.8 % means that a "
    "person has seen two of a thousand items.",
    "coverage": "The share of items that have a picture, a text and so on. Example: 95 % image "
    "means that five of a hundred items have no picture.",
    "cold": "An item that nobody chose in the training data. Example: a coat that arrived today; "
    "only its picture and text can recommend it.",
    "long tail": "Most choices fall on few items. Example: a tenth of the items takes half of all "
    "purchases.",
    "model": "The way in which a recommender learns from what people did. Example: EASE weighs "
    "which items are chosen together.",
    "fusion": "How picture, text and clicks are joined into one judgement. Example: late fusion "
    "scores each alone and adds the scores.",
    "encoder": "A pretrained network that turns a picture or a text into numbers that can be "
    "compared. Example: two striped shirts get similar numbers.",
    "seed": "The starting point of chance. Example: three seeds train the same model three times, "
    "so that luck can be told from skill.",
    "trial": "One training with settings that are tried out. Example: twenty trials compare twenty "
    "step sizes on the validation part.",
    "split": "Which interactions are hidden from training to test with. Example: each person's "
    "last purchase.",
    "interval": "The range that holds the true mean in 95 of 100 repetitions. Example: "
    "0.142 [0.137, 0.147]. Runs whose ranges do not touch differ beyond chance.",
    "baseline": "What a run is measured against. Example: the best model that sees clicks only.",
    "p": "How often chance alone would give a difference this large, corrected for looking at "
    "several runs at once. Example: 0.03 means three times in a hundred.",
    "effect": "The difference in units of how much people vary. Example: 0.2 is small, 0.8 large.",
    "attribution": "How much of one score a source accounts for. Example: image +0.21 means that "
    "the picture raised the score by 0.21.",
    "gate": "Every explanation is measured before it is shown. Example: if leaving out the picture "
    "changes the rank less than leaving out anything at random, it is not named as a reason.",
    "parameters": "How many numbers a model has learned. Example: 600,000 fit on any laptop.",
    "protocol": "How runs were tested: which interactions were hidden and what counts as a hit. "
    "Only runs under one protocol can be compared.",
    "image": "The product's picture, read by an image encoder.",
    "text": "Title and description, read by a text encoder.",
    "audio": "The item's sound or music, read by a sound encoder.",
    "video": "What is seen and moves in the item's video, read by a video encoder.",
    "calibration": "Whether predicted chances come true. Example: of a hundred things shown with a "
    "chance of 30 %, thirty should be clicked.",
    "alignment": "A space in which pictures and words can be compared. Example: in it the words "
    "'striped shirt' lie near the pictures of striped shirts.",
    "collaborative": "What is known from other people's clicks alone. Example: who buys this tent "
    "also buys that lamp.",
}


def explain(word: str) -> str | None:
    """The sentence for a tooltip; None for a word that needs none."""
    return GLOSSARY.get(word)
