"""Asking the public index for names: real answers of a server on loopback, and none at all."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sdistmaker_recipe.catalog import open_catalog
from sdistmaker_recipe.catalog.name_reservation import check_public_index
from sdistmaker_recipe.index.public_names import PublicIndexError, look_up_projects
from sdistmaker_recipe.index.store import IndexStore
from sdistmaker_recipe.stages.publish import Index
from tests.support.process import LOOPBACK, free_port
from tests.unit.values import a_release


class PublicIndex(ThreadingHTTPServer):
    """Answers with the status that ``statuses`` has for a name, else 404, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.statuses: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        self.hangs = threading.Event()
        self.url = f"http://{LOOPBACK}:{self.server_port}/simple"

    @property
    def names(self) -> list[str]:
        return sorted(path.split("/")[2] for path, _ in self.asked)


class _Handler(BaseHTTPRequestHandler):
    server: PublicIndex

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Accept"]))
        name = self.path.split("/")[2]
        if name == "slow":
            self.server.hangs.wait(10)
        if name == "nonsense":
            self.wfile.write(b"\r\n\r\n")
            return
        status = self.server.statuses.get(name, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/simple/elsewhere/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *message: object) -> None:
        """Say nothing."""


@pytest.fixture
def public() -> Iterator[PublicIndex]:
    with PublicIndex() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.hangs.set()
            server.shutdown()
            thread.join()


class TestTakenNames:
    def test_are_those_that_have_a_page(self, public):
        public.statuses = {"there": 200, "gone": 410}
        answers = list(look_up_projects(["there", "missing", "gone"], public.url))
        assert answers == [("there", True), ("missing", False), ("gone", False)]
        assert public.names == ["gone", "missing", "there"]
        assert {path for path, _ in public.asked} >= {"/simple/there/"}

    def test_are_asked_for_in_a_form_that_the_index_has(self, public):
        list(look_up_projects(["one"], public.url))
        ((_, accepted),) = public.asked
        assert accepted.startswith("application/vnd.pypi.simple.v1+json")
        assert "text/html" in accepted

    def test_include_one_that_is_answered_by_a_redirect_to_a_page(self, public):
        public.statuses = {"moved": 302, "elsewhere": 200}
        assert list(look_up_projects(["moved"], public.url)) == [("moved", True)]

    def test_are_many_at_a_time_in_the_order_given(self, public):
        names = [f"n{number}" for number in range(50)]
        public.statuses = dict.fromkeys(names[::2], 200)
        assert list(look_up_projects(names, public.url)) == [(each, each in names[::2]) for each in names]

    def test_of_nothing_ask_nothing(self, public):
        assert list(look_up_projects([], public.url)) == []
        assert public.asked == []

    @pytest.mark.parametrize("status", [400, 401, 403, 451])
    def test_are_known_after_an_answer_that_says_nothing_of_another_name(self, public, status):
        public.statuses = {"two": status, "three": 200}
        assert list(look_up_projects(["one", "two", "three"], public.url)) == [
            ("one", False),
            ("two", f"{LOOPBACK}: answers {status}"),
            ("three", True),
        ]

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_are_not_known_after_another_answer(self, public, status):
        public.statuses = {"one": 200, "two": status}
        answers = look_up_projects(["one", "two"], public.url)
        assert next(answers) == ("one", True)
        with pytest.raises(PublicIndexError, match=f"^{LOOPBACK}: answers {status}$"):
            next(answers)

    def test_are_not_known_without_an_answer_in_time(self, public):
        begun = time.monotonic()
        with pytest.raises(PublicIndexError, match=f"^{LOOPBACK}: timed out$"):
            list(look_up_projects(["slow"], public.url, timeout=0.2))
        assert time.monotonic() - begun < 5

    def test_are_not_known_without_a_server(self):
        with pytest.raises(PublicIndexError, match=f"^{LOOPBACK}: Connection refused$"):
            list(look_up_projects(["one"], f"http://{LOOPBACK}:{free_port()}"))

    def test_are_not_known_from_what_is_no_answer(self, public):
        with pytest.raises(PublicIndexError, match=f"^{LOOPBACK}: "):
            list(look_up_projects(["nonsense"], public.url))

    def test_are_not_known_where_the_address_is_none(self):
        with pytest.raises(PublicIndexError, match=f"^{LOOPBACK}: "):
            list(look_up_projects(["one"], f"http://{LOOPBACK}:port/simple"))


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """An index with three projects, whose pages are written."""
    with open_catalog(None) as catalog:
        for project in ("alpha", "beta", "gamma"):
            catalog.releases.publish(a_release(project=project))
        catalog.pages.mark_written(catalog.pages.stale())
        yield Index(IndexStore(tmp_path / "index"), catalog, tmp_path / "state")


def age(index: Index, hours: float) -> None:
    """Let so many hours pass since names were asked for."""
    answers = {name: taken for name, (taken, _) in index.catalog.public_names.answers().items()}
    index.catalog.public_names.record(answers, datetime.now(timezone.utc) - timedelta(hours=hours))


class TestFindTaken:
    def test_warns_of_those_that_are_taken(self, index, public):
        public.statuses = {"beta": 200}
        assert check_public_index(index.catalog, public.url) == (
            "beta: the public index has a project of this name too",
        )
        assert {name: taken for name, (taken, _) in index.catalog.public_names.answers().items()} == {
            "alpha": False,
            "beta": True,
            "gamma": False,
        }
        assert index.catalog.pages.stale() == {"beta"}

    def test_asks_once_a_day(self, index, public):
        public.statuses = {"beta": 200}
        check_public_index(index.catalog, public.url)
        public.asked.clear()
        age(index, 22)
        assert check_public_index(index.catalog, public.url) == ()
        assert public.asked == []
        age(index, 24)
        assert len(check_public_index(index.catalog, public.url)) == 1
        assert public.names == ["alpha", "beta", "gamma"]

    def test_asks_for_a_new_project_at_once(self, index, public):
        check_public_index(index.catalog, public.url)
        public.asked.clear()
        index.catalog.releases.publish(a_release(project="new"))
        check_public_index(index.catalog, public.url)
        assert public.names == ["new"]

    def test_asks_for_private_names_of_which_nothing_is_published(self, index, public):
        public.statuses = {"secret": 200}
        index.catalog.private_names.update(["alpha", "secret", "unknown"], [])
        assert check_public_index(index.catalog, public.url) == (
            "secret: the public index has a project of this name too",
        )
        assert public.names == ["alpha", "beta", "gamma", "secret", "unknown"]

    def test_a_page_is_owed_again_when_the_answer_changes(self, index, public):
        public.statuses = {"beta": 200}
        check_public_index(index.catalog, public.url)
        index.catalog.pages.mark_written(["beta"])
        age(index, 24)
        check_public_index(index.catalog, public.url)
        assert index.catalog.pages.stale() == frozenset()
        public.statuses = {}
        age(index, 24)
        assert check_public_index(index.catalog, public.url) == ()
        assert index.catalog.pages.stale() == {"beta"}

    def test_an_odd_answer_for_some_names_is_a_warning_of_them_alone(self, index, public):
        public.statuses = {"alpha": 403, "beta": 200, "gamma": 403, "secret": 451}
        index.catalog.private_names.update(["secret"], [])
        again = "it is asked again in the next run"
        assert check_public_index(index.catalog, public.url) == (
            "beta: the public index has a project of this name too",
            f"check-public: {LOOPBACK}: answers 403 for alpha, gamma; {again}",
            f"check-public: {LOOPBACK}: answers 451 for secret; {again}",
        )
        assert list(index.catalog.public_names.answers()) == ["beta"]
        public.asked.clear()
        public.statuses = {}
        assert check_public_index(index.catalog, public.url) == ()
        assert public.names == ["alpha", "gamma", "secret"]

    def test_many_odd_answers_are_a_short_warning(self, index, public):
        names = [f"n{number}" for number in range(20)]
        public.statuses = dict.fromkeys(names, 401)
        index.catalog.private_names.update(names, [])
        (warning,) = check_public_index(index.catalog, public.url)
        assert " for n0, n1, n10, n11, n12 and 15 more; " in warning

    def test_an_index_that_does_not_answer_is_a_warning(self, index, public):
        public.statuses = {"alpha": 200, "beta": 500}
        taken, failed = check_public_index(index.catalog, public.url)
        assert taken.startswith("alpha: ")
        assert failed == f"check-public: {LOOPBACK}: answers 500; it is asked again in the next run"
        # What was answered counts; what was not is asked again.
        assert list(index.catalog.public_names.answers()) == ["alpha"]
        public.asked.clear()
        public.statuses = {}
        assert check_public_index(index.catalog, public.url) == ()
        assert public.names == ["beta", "gamma"]
