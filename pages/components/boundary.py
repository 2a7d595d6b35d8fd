"""The one place where an error becomes a message: a sentence, never a traceback."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from backend.errors import USER_ERRORS
from pages.components.markup import plain

_LOG = logging.getLogger("fusionlens.pages")


@contextmanager
def boundary() -> Iterator[None]:
    """Shows what was raised inside as a message; used around every page and every fragment."""
    try:
        yield
    except USER_ERRORS as error:
        st.error(plain(error), icon=":material/error:")
    except Exception:  # noqa: BLE001 - the boundary that the rule asks for
        # Whatever it was, a person gets a sentence and the log gets the traceback.
        reference = secrets.token_hex(4)
        _LOG.exception("Unexpected error, reference %s", reference)
        st.error(
            f"Something unexpected happened (reference {reference}). Your data and runs are safe. "
            "Reload the page; if it happens again, the log has the details under this reference.",
            icon=":material/error:",
        )
