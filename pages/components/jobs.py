"""Long work as people see it: what, how far, how long, and what went wrong."""

from collections.abc import Callable, Collection, Sequence
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
_SHOWN = 4


def live(draw: Callable[[], Collection[str]], going: Collection[str]) -> None:
    """Draw now and, while anything is `going` on, every two seconds.

    `draw` says what still goes on, by identifier. Whenever that is no longer what the page was
    drawn with, the whole page is drawn again; with nothing left this also stops the clock.
    """

    @st.fragment(run_every=EVERY_SECONDS if going else None)
    def watched() -> None:
        now = going
        with boundary():
            now = draw()
        if set(now) != set(going):
            st.rerun(scope="app")

    watched()


def bars(find: Callable[[], Sequence[JobView]]) -> None:
    """The progress of the active jobs that `find` returns, alive."""

    def draw() -> list[str]:
        found = find()
        for job in found[:_SHOWN]:
            progress(job)
        if len(found) > _SHOWN:
            st.caption(f"and {len(found) - _SHOWN} more waiting")
        return [job.id for job in found]

    live(draw, [job.id for job in find()])


def progress(job: JobView, named: bool = True) -> None:
    """A bar with what is being done and how long it will take; `named` with the job's title."""
    title = f"{plain(job.title)}: " if named else ""
    if job.state == "queued":
        place = f"place {job.position} in the queue" if job.position else "waiting"
        st.progress(0.0, text=f"{title}{place}")
        return
    left = f", about {wording.duration(job.eta_seconds)} left" if job.eta_seconds else ""
    what = job.what or "starting"
    text = f"{title}{plain(what[:1].upper() + what[1:])} ({job.fraction:.0%}{left})"
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
