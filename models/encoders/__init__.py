"""Raw item content to vectors. One file per encoder; `ENCODERS` finds them by itself."""

from models.encoders._base import (
    ENCODERS,
    Checkpoint,
    Clip,
    Content,
    Encoder,
    Reading,
    Sound,
    TrainableConfig,
    TrainableEncoder,
    Vector,
)

__all__ = [
    "ENCODERS",
    "Checkpoint",
    "Clip",
    "Content",
    "Encoder",
    "Reading",
    "Sound",
    "TrainableConfig",
    "TrainableEncoder",
    "Vector",
]
