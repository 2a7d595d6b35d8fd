"""Every metric by name; the order of the imports is the order in which tables show them."""

from backend.evaluation.metrics import accuracy, beyond_accuracy, clicks, fairness, rating
from backend.evaluation.metrics._base import METRICS, Catalogue, Lists, Metric, metric_of

__all__ = ["METRICS", "Catalogue", "Lists", "Metric", "metric_of"]
_FAMILIES = (accuracy, beyond_accuracy, fairness, rating, clicks)
