"""People and groups: an avatar and a short bio each, and a graph of who follows whom."""

from backend.data.synthetic.scenarios.social.config import SocialConfig
from backend.data.synthetic.scenarios.social.social import Social

__all__ = ["Social", "SocialConfig"]
