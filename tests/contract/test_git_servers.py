"""git over real servers: git daemon, smart and dumb HTTP, ssh; and the cache of what they gave."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from sdistmaker_recipe.errors import PathNotFoundError, RepositoryError
from sdistmaker_recipe.model import RepositorySettings, Tag, tag_path
from sdistmaker_recipe.vcs import Credentials, PreviousScan, ReleaseTag, ScanResult, open_repository
from sdistmaker_recipe.vcs.git.repository import GitRepository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.git import FIRST_SECOND, commit, git, make_bare
from tests.support.git_servers import Sshd, git_daemon, git_http
from tests.support.httpd import Httpd
from tests.support.process import LOOPBACK, Server
from tests.support.subversion import PASSWORD, USER
from tests.support.tag_servers import Known

NAMES = ("1.0", "v1.1", "2.0")


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture
def bare(parent: Path, request: pytest.FixtureRequest) -> Path:
    """A new repository with three tags: lightweight, annotated, and a tag of a tag."""
    folder = make_bare(parent / f"{request.node.name.replace('/', '-')}" / "tool.git")
    for number, name in enumerate(NAMES):
        commit(folder, {"setup.py": f"# {name}\n"}, seconds=FIRST_SECOND + number)
        options = ["-a", "-m", name] if number else []
        git(folder, "tag", *options, name if number < 2 else "inner", "main", seconds=FIRST_SECOND + 99)
    git(folder, "tag", "-a", "-m", "outer", "2.0", "inner")
    git(folder, "update-server-info")
    return folder


@pytest.fixture(scope="module")
def daemon(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with git_daemon(parent, tmp_path_factory.mktemp("daemon")) as server:
        yield server


@pytest.fixture(scope="module")
def http(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Httpd]:
    with git_http(parent, tmp_path_factory.mktemp("http")) as server:
        yield server


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    made = Sshd(tmp_path_factory.mktemp("sshd"))
    with made.server:
        yield made


SERVERS = ("daemon", "http", "dumb", "ssh", "file")


def url_of(
    kind: str, bare: Path, parent: Path, request: pytest.FixtureRequest, patch: pytest.MonkeyPatch
) -> str:
    path = bare.relative_to(parent)
    if kind == "daemon":
        return f"git://{LOOPBACK}:{request.getfixturevalue('daemon').port}/{path}"
    if kind == "ssh":
        sshd: Sshd = request.getfixturevalue("sshd")
        patch.setenv("GIT_SSH_COMMAND", sshd.ssh)
        return sshd.url(bare)
    if kind == "file":
        return f"git+{bare.as_uri()}"
    httpd: Httpd = request.getfixturevalue("http")
    return f"git+{httpd.url}/{'open' if kind == 'http' else kind}/{path}"


def opened(url: str, cache: Path, credentials: Credentials | None = None) -> GitRepository:
    made = open_repository(url, credentials=credentials, settings=RepositorySettings(cache=cache))
    return cast("GitRepository", made)


def release_tags(found: ScanResult) -> dict[str, ReleaseTag]:
    (project,) = found.projects
    return {tag.name: tag for tag in project.tags}


def tag_of(url: str, found: ReleaseTag) -> Tag:
    path = tag_path("", found.name)
    return Tag(url, "", found.name, path, found.version, found.revision, found.time, f"x/{path}")


def export(repository: GitRepository, url: str, found: ReleaseTag, folder: Path) -> str:
    repository.export(tag_of(url, found), repository.head(), folder)
    return (folder / "setup.py").read_text()


@pytest.fixture(params=SERVERS)
def url(
    request: pytest.FixtureRequest, bare: Path, parent: Path, monkeypatch: pytest.MonkeyPatch, user: Path
) -> str:
    return url_of(request.param, bare, parent, request, monkeypatch)


def test_tags_have_the_times_of_their_commits_and_export_their_files(url: str, tmp_path: Path) -> None:
    repository = opened(url, tmp_path / "cache")
    tags = release_tags(repository.all_tags(TagFilter(url)))
    assert list(tags) == sorted(NAMES)
    for number, name in enumerate(NAMES):
        assert tags[name].time.timestamp() == FIRST_SECOND + number
        assert export(repository, url, tags[name], tmp_path / name) == f"# {name}\n"
        assert (tmp_path / name / "setup.py").stat().st_mtime == FIRST_SECOND + number


def test_changes_are_followed(url: str, bare: Path, tmp_path: Path) -> None:
    known = Known(opened(url, tmp_path / "cache").all_tags(TagFilter(url)))
    git(bare, "tag", "-d", "1.0")
    git(bare, "tag", "-f", "v1.1", "inner")
    git(bare, "tag", "3.0", "main")
    git(bare, "update-server-info")
    found = opened(url, tmp_path / "cache").changed_tags(known.previous(), TagFilter(url))
    assert found is not None
    (project,) = found.projects
    assert ([tag.name for tag in project.tags], project.deleted) == (["3.0", "v1.1"], ("1.0",))
    known.apply(found)
    fresh = Known(opened(url, tmp_path / "other").all_tags(TagFilter(url)))
    assert (known.tags, known.rows) == (fresh.tags, fresh.rows)


def test_what_is_not_there_is_said_to_be_missing(url: str, tmp_path: Path) -> None:
    missing = url.replace("tool.git", "nothing.git")
    with pytest.raises(PathNotFoundError) as caught:
        opened(missing, tmp_path / "cache").head()
    assert caught.value.hint


# logging in


@pytest.fixture
def closed(http: Httpd, bare: Path, parent: Path, user: Path) -> str:
    return f"git+{http.url}/closed/{bare.relative_to(parent)}"


def test_a_password_is_given_to_the_server_that_asks(closed: str, tmp_path: Path) -> None:
    credentials = Credentials(USER, PASSWORD)
    repository = opened(closed, tmp_path / "cache", credentials)
    tags = release_tags(repository.all_tags(TagFilter(closed)))
    assert export(repository, closed, tags["1.0"], tmp_path / "out") == "# 1.0\n"
    assert PASSWORD not in repr(repository)


def test_without_a_password_nothing_is_asked_for(closed: str, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="asks for a user name and password") as caught:
        opened(closed, tmp_path / "cache").head()
    assert "password-variable" in caught.value.hint


def test_a_wrong_password_is_not_repeated(closed: str, tmp_path: Path) -> None:
    wrong = Credentials(USER, "hunter2")
    with pytest.raises(RepositoryError, match="does not accept this user name and password") as caught:
        opened(closed, tmp_path / "cache", wrong).head()
    assert "hunter2" not in str(caught.value)


def test_a_credential_helper_of_the_user_is_asked(
    closed: str, http: Httpd, user: Path, tmp_path: Path
) -> None:
    stored = user / "stored"
    stored.write_text(f"{http.url.replace('://', f'://{USER}:{PASSWORD}@')}\n")
    (user / ".gitconfig").write_text(f"[credential]\n\thelper = store --file {stored}\n")
    assert opened(closed, tmp_path / "cache").head()


def test_an_unknown_ssh_host_is_not_asked_about(sshd: Sshd, bare: Path, user: Path, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="does not know the key of the host"):
        opened(sshd.url(bare), tmp_path / "cache").head()


def test_no_server_is_an_error_that_goes_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdistmaker_recipe.vcs.retry.PAUSES", ())
    with pytest.raises(RepositoryError, match="no server answers there") as caught:
        opened(f"git://{LOOPBACK}:1/x.git", tmp_path / "cache").head()
    assert caught.value.is_transient


def test_variables_of_a_hook_do_not_lead_elsewhere(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_QUARANTINE_PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path / "elsewhere"))
    repository = opened(url, tmp_path / "cache")
    tags = release_tags(repository.all_tags(TagFilter(url)))
    assert export(repository, url, tags["1.0"], tmp_path / "out") == "# 1.0\n"


# the cache


@pytest.fixture
def remote(daemon: Server, bare: Path, parent: Path, user: Path) -> str:
    return f"git://{LOOPBACK}:{daemon.port}/{bare.relative_to(parent)}"


def requests(daemon: Server) -> int:
    """How many requests the daemon has answered."""
    return daemon.log.read_text().count("Request")


def cached(cache: Path) -> Path:
    (folder,) = (cache / "git").glob("*.git")
    return folder


def prepared(remote: str, cache: Path) -> dict[str, ReleaseTag]:
    """The release tags of a repository, all of them fetched."""
    repository = opened(remote, cache)
    tags = release_tags(repository.all_tags(TagFilter(remote)))
    repository.prepare_export([tag_of(remote, tag) for tag in tags.values()])
    return tags


def test_what_was_fetched_at_once_is_exported_without_the_server(
    remote: str, bare: Path, tmp_path: Path
) -> None:
    tags = prepared(remote, tmp_path)
    shutil.rmtree(bare)
    builder = opened(remote, tmp_path)
    for name, tag in tags.items():
        builder.export(tag_of(remote, tag), "head", tmp_path / name)
        assert (tmp_path / name / "setup.py").read_text() == f"# {name}\n"


def test_commits_come_without_their_history(remote: str, tmp_path: Path) -> None:
    prepared(remote, tmp_path)
    listed = git(cached(tmp_path), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
    assert listed.count("commit") == len(NAMES)
    assert git(cached(tmp_path), "rev-list", "--all").count("\n") + 1 == len(NAMES)


def test_objects_of_tags_that_are_gone_are_removed(remote: str, bare: Path, tmp_path: Path) -> None:
    prepared(remote, tmp_path)
    previous = Known(opened(remote, tmp_path).all_tags(TagFilter(remote))).previous()
    gone = git(bare, "rev-parse", "1.0")
    git(bare, "tag", "-d", "1.0")
    opened(remote, tmp_path).changed_tags(previous, TagFilter(remote))
    kept = git(cached(tmp_path), "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    assert gone not in kept
    assert git(bare, "rev-parse", "v1.1") in kept


@pytest.mark.parametrize("damage", ["pack", "refs", "all", "empty"])
def test_a_damaged_cache_is_made_again(remote: str, tmp_path: Path, damage: str) -> None:
    tags = prepared(remote, tmp_path)
    folder = cached(tmp_path)
    if damage == "pack":
        for pack in (folder / "objects/pack").glob("*.pack"):
            pack.chmod(0o644)
            pack.write_bytes(b"PACK" + os.urandom(200))
    elif damage == "refs":
        shutil.rmtree(folder / "refs")
    elif damage == "all":
        shutil.rmtree(folder)
    else:
        shutil.rmtree(folder)
        folder.mkdir()
    builder = opened(remote, tmp_path)
    assert export(builder, remote, tags["v1.1"], tmp_path / "out") == "# v1.1\n"
    assert export(builder, remote, tags["2.0"], tmp_path / "out2") == "# 2.0\n"


def test_a_tag_that_fails_leaves_what_was_fetched_for_the_others(
    remote: str, bare: Path, tmp_path: Path
) -> None:
    link = f"160000,{'1' * 40},vendor"
    index = bare / "with-link"
    git(bare, "update-index", "--add", "--cacheinfo", link, index=index)
    git(bare, "tag", "4.0", git(bare, "commit-tree", git(bare, "write-tree", index=index), "-m", "x"))
    tags = prepared(remote, tmp_path)
    builder = opened(remote, tmp_path)
    with pytest.raises(RepositoryError, match="submodule 'vendor'"):
        builder.export(tag_of(remote, tags["4.0"]), "head", tmp_path / "failed")
    shutil.rmtree(bare)
    for name in NAMES:
        builder.export(tag_of(remote, tags[name]), "head", tmp_path / name)


def test_a_tag_that_went_meanwhile_leaves_what_was_fetched_for_the_others(
    remote: str, bare: Path, tmp_path: Path
) -> None:
    tags = prepared(remote, tmp_path)
    commit(bare, {"setup.py": "# 4.0\n"})
    git(bare, "tag", "4.0", "main")
    late = opened(remote, tmp_path)
    gone = release_tags(late.all_tags(TagFilter(remote)))["4.0"]
    git(bare, "tag", "-d", "4.0")
    git(bare, "update-ref", "refs/heads/main", "v1.1^{commit}")
    git(bare, "gc", "-q", "--prune=now")
    with pytest.raises(RepositoryError):
        late.prepare_export([tag_of(remote, gone)])
    shutil.rmtree(bare)
    for name in NAMES:
        late.export(tag_of(remote, tags[name]), "head", tmp_path / name)


@pytest.mark.parametrize("kind", ["daemon", "http", "ssh"])
def test_a_tag_whose_objects_the_server_lost_costs_no_other(
    kind: str,
    bare: Path,
    parent: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    user: Path,
    tmp_path: Path,
) -> None:
    commit(bare, {"setup.py": "# 4.0\n", "lost/setup.py": "# lost\n"})
    git(bare, "tag", "4.0", "main")
    lost = git(bare, "rev-parse", "main:lost")
    (bare / "objects" / lost[:2] / lost[2:]).unlink()
    url = url_of(kind, bare, parent, request, monkeypatch)
    repository = opened(url, tmp_path / "cache")
    found = repository.all_tags(TagFilter(url))
    tags = release_tags(found)
    assert list(tags) == sorted(NAMES)
    ((_path, reason),) = found.lost_tags
    assert "objects of the tag 4.0 are missing" in reason
    assert export(repository, url, tags["2.0"], tmp_path / "out") == "# 2.0\n"


def test_settings_of_the_user_about_refs_do_not_change_the_cache(
    remote: str, user: Path, tmp_path: Path
) -> None:
    tags = prepared(remote, tmp_path)
    expected = git(cached(tmp_path), "for-each-ref")
    (user / ".gitconfig").write_text(
        "[fetch]\n\tprune = true\n\tpruneTags = true\n\trecurseSubmodules = true\n\tunpackLimit = 9999\n"
        "[core]\n\tlogAllRefUpdates = always\n[protocol]\n\tversion = 0\n"
    )
    shutil.rmtree(cached(tmp_path))
    assert prepared(remote, tmp_path) == tags
    assert git(cached(tmp_path), "for-each-ref") == expected


def test_a_check_of_objects_that_the_user_wants_says_what_it_refuses(
    remote: str, bare: Path, user: Path, tmp_path: Path
) -> None:
    (user / ".gitconfig").write_text("[transfer]\n\tfsckObjects = true\n")
    tree = git(bare, "rev-parse", "main^{tree}")
    text = f"tree {tree}\nauthor Ann <ann@example.com 1 +0000\ncommitter Ann <a@example.com> 1 +0000\n\nx\n"
    damaged = git(bare, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=text.encode())
    git(bare, "tag", "4.0", damaged)
    with pytest.raises(RepositoryError, match=r"transfer\.fsckObjects refuses .*: badEmail: ") as caught:
        prepared(remote, tmp_path)
    assert "fetch.fsck.KIND = ignore" in caught.value.hint
    (user / ".gitconfig").write_text(
        '[transfer]\n\tfsckObjects = true\n[fetch "fsck"]\n\tbadEmail = ignore\n'
    )
    assert "4.0" in prepared(remote, tmp_path)


def test_what_a_killed_run_left_goes_when_the_cache_is_made(remote: str, tmp_path: Path) -> None:
    prepared(remote, tmp_path)
    folder = cached(tmp_path)
    left = folder.with_name(f"{folder.stem}.new-x1")
    folder.rename(left)
    prepared(remote, tmp_path)
    assert cached(tmp_path).is_dir()
    assert not left.exists()


def test_a_tag_that_moved_meanwhile_is_exported_as_it_was(remote: str, bare: Path, tmp_path: Path) -> None:
    repository = opened(remote, tmp_path)
    tags = release_tags(repository.all_tags(TagFilter(remote)))
    commit(bare, {"setup.py": "# other\n"})
    git(bare, "tag", "-f", "1.0", "main")
    assert export(repository, remote, tags["1.0"], tmp_path / "out") == "# 1.0\n"


@pytest.mark.parametrize("version", ["0", "1"])
def test_a_server_that_gives_only_what_its_refs_name(
    remote: str, bare: Path, user: Path, tmp_path: Path, version: str
) -> None:
    (user / ".gitconfig").write_text(f"[protocol]\n\tversion = {version}\n")
    late = opened(remote, tmp_path)
    tags = prepared(remote, tmp_path / "other")
    assert list(tags) == sorted(NAMES)
    assert release_tags(late.all_tags(TagFilter(remote))) == tags
    git(bare, "tag", "-f", "-a", "-m", "moved", "v1.1", "2.0")
    git(bare, "tag", "-d", "inner")
    late.prepare_export([tag_of(remote, tags["2.0"])])
    shutil.rmtree(bare)
    assert export(late, remote, tags["2.0"], tmp_path / "out") == "# 2.0\n"


def test_many_tags_are_fetched_at_once(remote: str, bare: Path, tmp_path: Path) -> None:
    names = [f"3.{number}" for number in range(3000)]
    made = git(bare, "rev-parse", "main")
    commits = "".join(
        f"commit refs/heads/many\ncommitter A <a@example.com> {number} +0000\ndata 0\n"
        f"{f'from {made}' if not number else ''}\nreset refs/tags/{name}\nfrom refs/heads/many\n\n"
        for number, name in enumerate(names)
    )
    git(bare, "fast-import", "--quiet", stdin=commits.encode())
    git(bare, "pack-refs", "--all")
    start = time.process_time() + sum(os.times()[2:4])
    tags = release_tags(opened(remote, tmp_path).all_tags(TagFilter(remote)))
    assert len(tags) == len(names) + len(NAMES)
    # By their names git needs 3 s of processor time here, and by their ids a tenth of that.
    assert time.process_time() + sum(os.times()[2:4]) - start < 2


def test_a_rerun_without_news_fetches_nothing(
    remote: str, daemon: Server, tmp_path: Path, bare: Path
) -> None:
    known = Known(opened(remote, tmp_path).all_tags(TagFilter(remote)))
    shutil.rmtree(bare / "objects")  # whoever asked for an object now would fail
    (bare / "objects").mkdir()
    git(bare, "pack-refs", "--all")
    repository = opened(remote, tmp_path)
    previous = PreviousScan(known.checkpoint, lambda: pytest.fail("rows were read"))
    assert repository.changed_tags(previous, TagFilter(remote)) == ScanResult(known.checkpoint)
