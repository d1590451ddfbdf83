"""URLs, subrepositories, messages and histories of Mercurial."""

from __future__ import annotations

from threading import Barrier
from typing import NoReturn, cast

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.vcs import BeginsEarly, Credentials
from sdistmaker_recipe.vcs.mercurial import history, urls
from sdistmaker_recipe.vcs.mercurial.command_server import Servers
from sdistmaker_recipe.vcs.mercurial.environment import environment
from sdistmaker_recipe.vcs.mercurial.errors import translate
from sdistmaker_recipe.vcs.mercurial.export import Exporter
from sdistmaker_recipe.vcs.mercurial.places import Place
from sdistmaker_recipe.vcs.mercurial.repository import MercurialRepository
from sdistmaker_recipe.vcs.mercurial.subrepositories import Policy, Subrepository, parse
from sdistmaker_recipe.vcs.mercurial.urls import Location

URL = "hg+https://hg.example.com/acme.tool"

# where a repository is


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("hg+https://hg.example.com/a/b/", Location("https://hg.example.com/a/b")),
        ("HG+HTTP://hg.example.com/a", Location("http://hg.example.com/a")),
        ("hg+ssh://me@hg.example.com//srv/a", Location("ssh://me@hg.example.com//srv/a")),
        ("hg+https://h/a/tags/1.0", Location("https://h/a", inner="tags/1.0")),
        ("hg+https://h/a/tags/2.0/rc%201", Location("https://h/a", inner="tags/2.0/rc 1")),
        ("hg+file:///srv/hg/a%20b", Location(folder="/srv/hg/a b")),
        ("hg+file://localhost/srv/hg", Location(folder="/srv/hg")),
        ("https://hg.example.com/a", Location("https://hg.example.com/a")),
    ],
)
def test_a_url_names_a_server_or_a_folder(url: str, location: Location) -> None:
    assert urls.parse(url) == location


@pytest.mark.parametrize(
    "url",
    ["", "hg", "hg+file://other/srv", "hg+ftp://h/a", "hg+ssh://-oProxyCommand=x/a", "hg+https://h/a#stable"],
)
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        urls.parse(url)
    assert caught.value.hint


def test_the_way_to_a_repository_does_not_change_who_it_is() -> None:
    same = ["hg+https://hg.example.com/a", "hg+ssh://me@hg.example.com/a", "hg+http://HG.example.com:80/a/"]
    assert len({urls.identity_of(url) for url in same}) == 1
    others = ["hg+https://hg.example.com/b", "hg+https://hg.example.com:8443/a", "hg+file:///a"]
    assert len({urls.identity_of(url) for url in (same[0], *others)}) == 4


@pytest.mark.parametrize(
    ("base", "relative", "joined"),
    [
        ("https://h/a/b", "../c", "https://h/a/c"),
        ("https://h/a/b", "sub", "https://h/a/b/sub"),
        ("/srv/hg/a", "../c", "/srv/hg/c"),
        ("https://h/a", "../../../../c", "https://h/c"),
        ("ssh://me@h//srv/a", "./c", "ssh://me@h//srv/a/c"),
    ],
)
def test_a_relative_url_begins_at_the_repository(base: str, relative: str, joined: str) -> None:
    assert urls.join(base, relative) == joined


def test_a_user_logs_in_unless_the_url_names_one() -> None:
    assert urls.with_user("ssh://h/a", "m e") == "ssh://m%20e@h/a"
    assert urls.with_user("ssh://you@h/a", "me") == "ssh://you@h/a"
    assert urls.with_user("https://h/a", None) == "https://h/a"
    assert urls.login_prefix("https://me@h:8443/a/b") == "h:8443/a/b"


# subrepositories


def test_subrepositories_are_read_from_their_two_files() -> None:
    sources = "# comment\nlibs/a = ../a\n b = [git]https://h/b\nnot-there = x\n[subpaths]\nc = d\n"
    states = f"{'1' * 40} libs/a\n{'2' * 40} b\n{'3' * 40} c\n"
    assert list(parse(sources, states)) == [
        Subrepository("libs/a", "1" * 40, "../a"),
        Subrepository("b", "2" * 40, "[git]https://h/b"),
    ]


SAME = Policy(("same-host",), frozenset({"hg.example.com"}))


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("../b", "https://hg.example.com/b"),
        ("https://hg.example.com/other", "https://hg.example.com/other"),
        ("ssh://me@HG.example.com/other", "ssh://me@HG.example.com/other"),
    ],
)
def test_subrepositories_on_the_same_host_are_read(written: str, server: str) -> None:
    parent = "https://hg.example.com/a"
    assert SAME.server_of(URL, parent, Subrepository("b", "1" * 40, written)) == server


@pytest.mark.parametrize(
    ("path", "written", "reason"),
    [
        ("b", "https://other.example.com/b", "other.example.com"),
        ("b", "[git]https://hg.example.com/b", "git"),
        ("b", "/srv/secret", "this machine"),
        ("b", "file:///srv/secret", "not supported"),
        ("b", "ext://sh", "not supported"),
        ("b", "ssh://-oProxyCommand=x/b", "not supported"),
        ("../b", "https://hg.example.com/b", "valid"),
        ("b", "https://hg.example.com/b\x1b", "valid"),
    ],
)
def test_other_subrepositories_fail_with_the_reason(path: str, written: str, reason: str) -> None:
    with pytest.raises(RepositoryError, match=reason) as caught:
        SAME.server_of(URL, "https://hg.example.com/a", Subrepository(path, "1" * 40, written))
    assert "submodules" in caught.value.hint


def test_globs_allow_other_hosts() -> None:
    policy = Policy(("*.example.com",), frozenset())
    included = Subrepository("b", "1" * 40, "https://other.example.com/b")
    assert policy.server_of(URL, "https://x/a", included) == "https://other.example.com/b"


# removed tags


def test_the_newest_changeset_that_removed_a_tag_counts() -> None:
    none = "0" * 40
    old = f"+{none} 1.0\n+{none} 1.1 rc\n+{'1' * 40} 1.2\n-{none} 1.3\n"
    log = f"\0new\n--- a\n+++ b\n+{none} 1.0\n\0old\n{old}"
    assert history.removals(log, ["1.0", "1.1 rc", "1.2", "1.3"]) == {"1.0": "new", "1.1 rc": "old"}


# messages


@pytest.mark.parametrize(
    ("printed", "reason", "flags"),
    [
        ("abort: error: Connection refused\n", "no server answers", "transient"),
        ("abort: HTTP Error 503: Service Unavailable", "busy", "transient"),
        ("abort: HTTP Error 404: Not Found", "no Mercurial repository", "missing"),
        ("abort: repository /srv/x not found", "no Mercurial repository", "missing"),
        ("abort: HTTP Error 403: Forbidden", "forbids", "forbidden"),
        ("abort: authorization failed", "user name and password", "forbidden"),
        (
            "remote: Host key verification failed.\nabort: no suitable",
            "key of the host",
            "forbidden",
        ),
        ("remote: me@h: Permission denied (publickey).\nabort: no suitable", "accepts no key", "forbidden"),
        ("abort: error: certificate verify failed", "certificate", ""),
        ("abort: repository requires features unknown to this Mercurial: exp", "needs what", ""),
        ("remote: x\nabort: No space left on device\nabort: error: Broken pipe", "a disk is full", ""),
        ("abort: something new", "something new", ""),
    ],
)
def test_messages_are_translated(printed: str, reason: str, flags: str) -> None:
    error = translate(URL, printed)
    assert reason in error.reason
    assert error.is_transient == (flags == "transient")
    assert error.is_forbidden == (flags == "forbidden")
    assert isinstance(error, PathNotFoundError) == (flags == "missing")


def test_a_message_shows_no_password() -> None:
    credentials = Credentials("me", "geheim")
    error = translate(URL, "abort: error at https://me:geheim@h/x geheim", credentials)
    assert "geheim" not in str(error)


# the environment


def test_only_processes_for_servers_see_the_users_settings() -> None:
    caller = {"HGRCPATH": "/x", "HGPLAINEXCEPT": "alias", "HG_PENDING": "/y", "PATH": "/bin", "LC_ALL": "de"}
    local, network = (environment(caller, network=network) for network in (False, True))
    assert local["HGRCPATH"] == ""
    assert network["HGRCPATH"] == "/x"
    for made in (local, network):
        assert made["PATH"] == "/bin"
        assert made["LC_ALL"] == "C.UTF-8"
        assert not {"HGPLAINEXCEPT", "HG_PENDING"} & made.keys()


# several servers


class Meeting:
    """A server that answers only while another one is being asked too."""

    def __init__(self, barrier: Barrier) -> None:
        self.asked, self._barrier = 0, barrier

    def state(self) -> str:
        self.asked += 1
        self._barrier.wait(20)
        return "the newest changeset"


def meeting(place: Meeting, *, is_local: bool = False) -> MercurialRepository:
    return MercurialRepository(
        URL, "hg-x", lambda: {"": cast("Place", place)}, cast("Exporter", None), Servers(), is_local=is_local
    )


def test_several_servers_are_asked_at_a_time() -> None:
    barrier = Barrier(3)
    places = [Meeting(barrier) for _ in range(3)]
    repositories = [meeting(place) for place in places]
    for repository in repositories:
        assert isinstance(repository, BeginsEarly)
        repository.begin()
        repository.begin()
    assert len({repository.head() for repository in repositories}) == 1
    assert [place.asked for place in places] == [1, 1, 1]


def test_a_repository_on_this_machine_is_not_asked_in_the_background() -> None:
    place = Meeting(Barrier(1))
    repository = meeting(place, is_local=True)
    repository.begin()
    assert place.asked == 0
    repository.head()
    assert place.asked == 1


def test_a_server_that_failed_in_the_background_is_asked_again() -> None:
    errors = [RepositoryError(URL, "the server answers with an error (HTTP Error 500)")]

    class Failing(Meeting):
        def state(self) -> str:
            self.asked += 1
            if errors:
                raise errors.pop()
            return "the newest changeset"

    place = Failing(Barrier(1))
    repository = meeting(place)
    repository.begin()
    assert repository.head()
    assert place.asked == 2


def test_the_error_of_a_server_is_raised_where_its_answer_is_needed() -> None:
    def fail() -> NoReturn:
        raise RepositoryError(URL, "no server answers")

    repository = MercurialRepository(URL, "hg-x", fail, cast("Exporter", None), Servers())
    repository.begin()
    with pytest.raises(RepositoryError, match="no server answers"):
        repository.head()
