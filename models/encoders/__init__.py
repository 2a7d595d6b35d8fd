"""Raw item content to vectors. One file per encoder; `ENCODERS` finds them by itself."""

from models.encoders._base import ENCODERS, Content, Encoder

__all__ = ["ENCODERS", "Content", "Encoder"]
