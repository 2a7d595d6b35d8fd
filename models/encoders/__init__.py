"""Raw item content to vectors. One file per encoder; `ENCODERS` finds them by itself."""

from models.encoders._base import (
    ENCODERS,
    Clip,
    Content,
    Encoder,
    Sound,
    TrainableEncoder,
    Vector,
)

__all__ = ["ENCODERS", "Clip", "Content", "Encoder", "Sound", "TrainableEncoder", "Vector"]
