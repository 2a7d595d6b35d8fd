"""News: pictures show scene, light and print; texts tell subject, form and tone; stories age."""

from backend.data.synthetic.scenarios.news.config import NewsConfig
from backend.data.synthetic.scenarios.news.news import News

__all__ = ["News", "NewsConfig"]
