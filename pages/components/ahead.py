"""Work begun in the server while a person reads or types; in no other process."""

from streamlit import runtime

from backend.workflows import warming
from backend.workflows.workspace import open_workspace


def new_items(run_id: str) -> None:
    """An item may be described next."""
    if runtime.exists():
        warming.ready_for_new_items(open_workspace(), run_id)


def explaining(run_id: str) -> None:
    """The reasons may be asked for next."""
    if runtime.exists():
        warming.ready_to_explain(open_workspace(), run_id)


def judged(run_id: str) -> bool:
    """Whether the verdict on this run's explanations need not be waited for; if not, the server
    begins to find it. Elsewhere than in a server it is found where it is asked for."""
    return not runtime.exists() or warming.judged(open_workspace(), run_id)
