"""Long work as people see it: what, how far, how long, and what went wrong."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import streamlit as st

from backend.figures import wording
from backend.workflows.jobviews import JobView
from pages.components.boundary import boundary
from pages.components.markup import plain

_ICONS = {
    "done": ":material/check_circle:",
    "failed": ":material/error:",
    "cancelled": ":material/cancel:",
    "queued": ":material/schedule:",
    "running": ":material/progress_activity:",
}
EVERY_SECONDS = 2.0


def live(draw: Callable[[], bool], active: bool) -> None:
    """Draw now and, while `active`, every two seconds; `draw` says whether work is still going on.

    When the work has ended the whole page is drawn again, which also stops the clock.
    """

    @st.fragment(run_every=EVERY_SECONDS if active else None)
    def watched() -> None:
        going_on = True
        with boundary():
            going_on = draw()
        if active and not going_on:
            st.rerun(scope="app")

    watched()


def active(job: JobView) -> bool:
    """Waiting or under way."""
    return job.state in ("queued", "running")


def progress(job: JobView, named: bool = True) -> None:
    """A bar with what is being done and how long it will take; `named` with the job's title."""
    title = f"{plain(job.title)}: " if named else ""
    if job.state == "queued":
        place = f"place {job.position} in the queue" if job.position else "waiting"
        st.progress(0.0, text=f"{title}{place}")
        return
    left = f", about {wording.duration(job.eta_seconds)} left" if job.eta_seconds else ""
    text = f"{title}{plain(job.what or 'Starting')} ({job.fraction:.0%}{left})"
    st.progress(min(max(job.fraction, 0.0), 1.0), text=text)


def ended(jobs: Sequence[JobView]) -> None:
    """Jobs that ended, newest first; failures with their sentence."""
    for job in jobs:
        when = f", {ago(job.finished_at)}" if job.finished_at else ""
        with st.container(horizontal=True, gap="small"):
            st.markdown(f"{_ICONS.get(job.state, '')} {plain(job.title)}")
            st.caption(f"{plain(job.state)}{when}", width="content")
        if job.error:
            st.error(plain(job.error))


def ago(moment: datetime) -> str:
    """ "just now", "5 minutes ago", "3 hours ago", "2 days ago"."""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"
