"""Errors of the database layer; each message is a sentence that a user can act on."""


class DatabaseError(Exception):
    """Base of everything that `db` raises on purpose."""


class RecordNotFound(DatabaseError):
    """There is no record of that identifier, name or prefix."""


class DuplicateRecord(DatabaseError):
    """A record of that name or identifier exists already."""


class DatabaseUnavailable(DatabaseError):
    """The file cannot be read or written now: locked for too long, disk full, damaged."""
