"""A fashion shop: pictures show colour, pattern and cut; texts tell cloth, occasion and style."""

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.data.synthetic.scenarios.shop.shop import Shop

__all__ = ["Shop", "ShopConfig"]
