"""Short clips with sound: timbre and rhythm are heard, motion and palette seen, a title read."""

from backend.data.synthetic.scenarios.video.config import VideoConfig
from backend.data.synthetic.scenarios.video.video import Video

__all__ = ["Video", "VideoConfig"]
