"""Errors that a user can act on; each message is one or two plain sentences."""

from db.errors import DatabaseError
from models.errors import ModelError


class FusionLensError(Exception):
    """Base of everything that the backend raises on purpose."""


class InvalidInput(FusionLensError):
    """What the user gave cannot be used; the sentence says what to give instead."""


class NotFound(FusionLensError):
    """There is no data set, run, job, user or item of that name."""


class DamagedArtefact(FusionLensError):
    """A stored file is missing or its SHA-256 differs from the recorded one."""


class TrainingFailed(FusionLensError):
    """Training stopped by itself: the loss was not a number, memory ran out."""


class Cancelled(FusionLensError):
    """A person asked for the job to stop; what was done so far is kept."""


USER_ERRORS = (FusionLensError, ModelError, DatabaseError)
"""What pages and command line turn into a sentence; anything else is a defect."""
