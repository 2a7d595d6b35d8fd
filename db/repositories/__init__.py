"""Repositories: take a session, return frozen records, never commit."""

from db.repositories.added_items import AddedItems
from db.repositories.alignments import Alignments
from db.repositories.datasets import Datasets
from db.repositories.experiments import Experiments
from db.repositories.features import Features
from db.repositories.jobs import Jobs
from db.repositories.leases import Leases
from db.repositories.runs import Runs
from db.repositories.tunings import Tunings
from db.repositories.workers import Workers

__all__ = [
    "AddedItems",
    "Alignments",
    "Datasets",
    "Experiments",
    "Features",
    "Jobs",
    "Leases",
    "Runs",
    "Tunings",
    "Workers",
]
