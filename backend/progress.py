"""How long work tells what it is doing, and learns that it should stop."""

from collections.abc import Callable

Report = Callable[[str, float], None]
"""`report(what, fraction)`: one short present-tense phrase and how much is done, 0 to 1.

May raise `Cancelled`; work lets it pass after leaving everything in a state that can be resumed.
"""


def silent(what: str, fraction: float) -> None:
    """A report that nobody reads."""
