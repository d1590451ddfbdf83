"""How messages of a run look in the output of buildout."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from sdistmaker_recipe.doors.recipe import _log_of_part


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What a handler like that of buildout prints."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("logger", "shown"),
    [("sdistmaker_recipe.flow.jobs", "sdists"), ("sdists", "sdists"), ("zc.buildout", "zc.buildout")],
)
def test_a_message_of_a_run_begins_with_the_name_of_the_part(
    printed: io.StringIO, logger: str, shown: str
) -> None:
    with _log_of_part("sdists"):
        logging.getLogger(logger).warning("warning: %s", "a\x1bb")
    assert printed.getvalue() == f"{shown}: warning: a\\x1bb\n"


def test_after_the_run_messages_are_as_before(printed: io.StringIO) -> None:
    with _log_of_part("sdists"):
        pass
    logging.getLogger("sdistmaker_recipe.flow.jobs").warning("late")
    assert printed.getvalue() == "sdistmaker_recipe.flow.jobs: late\n"
