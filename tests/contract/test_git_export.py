"""The files of a git tag: attributes, links, names, times, submodules and Git LFS; what must not get out."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sdistmaker_recipe.configuration.option_types import subdirectories
from sdistmaker_recipe.errors import RepositoryError
from sdistmaker_recipe.model import RepositorySettings, Tag
from sdistmaker_recipe.vcs import open_repository
from sdistmaker_recipe.vcs.tag_filter import TagFilter
from tests.support.git import FIRST_SECOND, git, make_bare
from tests.support.git_servers import git_daemon
from tests.support.process import LOOPBACK, Server
from tests.support.requirements import need

ATTRIBUTES = """\
*.crlf text eol=crlf
*.lf text eol=lf
*.auto text=auto
*.latin text working-tree-encoding=ISO-8859-1
version.txt export-subst
ident.txt ident
secret export-ignore
folder/hidden export-ignore
*.evil filter=evil
"""


class Author:
    """A working copy, and the bare repository that it pushes to."""

    def __init__(self, folder: Path, name: str = "tool") -> None:
        self.bare = make_bare(folder / "served" / f"{name}.git")
        self.work = folder / f"work-{name}"
        self.work.mkdir()
        git(self.work, "init", "-q")
        git(self.work, "config", "core.autocrlf", "false")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for path, content in files.items():
            file = self.work / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def release(self, name: str, *options: str, seconds: int = FIRST_SECOND) -> str:
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "--allow-empty", "-m", name, seconds=seconds)
        git(self.work, "tag", *options, name)
        git(
            self.work,
            "push",
            "-q",
            "--no-verify",
            str(self.bare),
            "HEAD:refs/heads/main",
            "--tags",
            "--force",
        )
        return git(self.work, "rev-parse", "HEAD")


@pytest.fixture
def author(tmp_path: Path) -> Author:
    return Author(tmp_path)


@pytest.fixture
def daemon(tmp_path: Path, author: Author) -> Iterator[Server]:
    with git_daemon(tmp_path / "served", tmp_path) as server:
        yield server


@pytest.fixture(params=["file", "daemon"])
def url(request: pytest.FixtureRequest, author: Author, user: Path) -> str:
    if request.param == "file":
        return f"git+{author.bare.as_uri()}"
    return f"git://{LOOPBACK}:{request.getfixturevalue('daemon').port}/{author.bare.name}"


def export(url: str, tmp_path: Path, name: str = "1.0", **settings: object) -> Path:
    """The folder with the files of a tag."""
    made = RepositorySettings(cache=tmp_path / "cache", **settings)  # type: ignore[arg-type]
    with open_repository(url, settings=made) as repository:
        (project,) = repository.all_tags(TagFilter(url)).projects
        found = next(tag for tag in project.tags if tag.name == name)
        path = f"tags/{name}"
        tag = Tag(url, "", name, path, found.version, found.revision, found.time, f"x/{path}")
        folder = tmp_path / f"out-{name}"
        repository.export(tag, repository.head(), folder)
    return folder


def test_attributes_decide_what_a_file_is(url: str, author: Author, tmp_path: Path) -> None:
    author.write(
        {
            ".gitattributes": ATTRIBUTES,
            "a.crlf": "one\ntwo\n",
            "a.lf": "one\ntwo\n",
            "a.auto": "one\ntwo\n",
            "a.latin": "ö\n".encode("latin-1"),
            "version.txt": "$Format:%H %d %ct$\n$Format:%(describe)$\n",
            "ident.txt": "$Id$\n",
            "secret": "secret\n",
            "folder/hidden": "hidden\n",
            "folder/shown": "shown\n",
        }
    )
    made = author.release("1.0", "-a", "-m", "x")
    git(author.bare, "tag", "another", made)
    folder = export(url, tmp_path)
    assert (folder / "a.crlf").read_bytes() == b"one\r\ntwo\r\n"
    assert (folder / "a.lf").read_bytes() == b"one\ntwo\n"
    assert (folder / "a.auto").read_bytes() == b"one\ntwo\n"
    assert (folder / "a.latin").read_bytes() == "ö\n".encode("latin-1")
    assert (folder / "version.txt").read_text() == f"{made}  (tag: 1.0) {FIRST_SECOND}\n1.0\n"
    assert (folder / "ident.txt").read_text().startswith("$Id: ")
    assert not (folder / "secret").exists()
    assert [path.name for path in (folder / "folder").iterdir()] == ["shown"]


def test_an_abbreviated_id_does_not_grow_with_the_repository(
    author: Author, user: Path, tmp_path: Path
) -> None:
    author.write({".gitattributes": "version.txt export-subst\n", "version.txt": "$Format:%h$\n"})
    made = author.release("1.0")
    blobs = "".join(f"blob\ndata {len(str(number))}\n{number}\n" for number in range(20_000))
    git(author.bare, "fast-import", "--quiet", stdin=blobs.encode())
    assert len(git(author.bare, "rev-parse", "--short", made)) > 7
    folder = export(f"git+{author.bare.as_uri()}", tmp_path)
    assert (folder / "version.txt").read_text() == f"{made[:7]}\n"


SIGNER = """\
#!/bin/sh
# Signs as gpg and ssh-keygen do, and takes any signature for good if it has its home folder.
for last; do :; done
case "$*" in
*" --verify "*) test -d "$GNUPGHOME" && echo "[GNUPG:] NEWSIG
[GNUPG:] GOODSIG 0123456789ABCDEF Ann
[GNUPG:] TRUST_ULTIMATE 0 pgp" ;;
"-Y sign "*) printf -- "-----BEGIN SSH SIGNATURE-----\\nx\\n-----END SSH SIGNATURE-----\\n" > "$last.sig" ;;
"-Y "*) exit 1 ;;
*) cat > /dev/null; printf "\\n[GNUPG:] SIG_CREATED \\n" >&2
printf -- "-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n" ;;
esac
"""


@pytest.mark.parametrize("kind", ["openpgp", "ssh"])
def test_signed_tags_and_commits_depend_on_no_keys_of_the_user(
    kind: str, url: str, author: Author, user: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gpg", "ssh-keygen"):
        (user / name).write_text(SIGNER)
        (user / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{user}:{os.environ['PATH']}")
    monkeypatch.setenv("GNUPGHOME", str(user))
    (user / "key").touch()
    author.write({".gitattributes": ATTRIBUTES, "version.txt": "$Format:%G?|%GS|%H$\n"})
    git(author.work, "config", "gpg.format", kind)
    git(author.work, "config", "user.signingKey", str(user / "key"))
    git(author.work, "add", "-A")
    git(author.work, "commit", "-q", "-S", "-m", "signed\n\ncommitter Eve <e@example.com> 5 +0000")
    text = f"committer Eve <e@example.com> 5 +0000\n\nobject {'1' * 40}\ntype tree"
    git(author.work, "tag", "-s", "-m", text, "1.0", seconds=FIRST_SECOND + 9)
    git(author.work, "push", "-q", str(author.bare), "HEAD:refs/heads/main", "--tags")
    found = git(author.work, "rev-parse", "HEAD")
    assert "SIGNATURE" in git(author.work, "cat-file", "-p", "1.0")
    assert "SIGNATURE" in git(author.work, "cat-file", "-p", found)
    folder = export(url, tmp_path)
    assert (folder / "version.txt").read_text() == f"N||{found}\n"
    assert (folder / "version.txt").stat().st_mtime == FIRST_SECOND


@pytest.mark.parametrize("without", ["blob:none", "tree:0"])
def test_a_partial_clone_says_what_it_lacks(without: str, author: Author, user: Path, tmp_path: Path) -> None:
    author.write({"setup.py": "setup()\n"})
    author.release("1.0")
    elsewhere = git(author.bare, "commit-tree", git(author.bare, "mktree"), "-m", "no tag is on this branch")
    git(author.bare, "update-ref", "refs/heads/main", elsewhere)
    git(author.bare, "config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial.git"
    git(tmp_path, "clone", "-q", "--bare", f"--filter={without}", author.bare.as_uri(), str(partial))
    with pytest.raises(RepositoryError) as caught:
        export(f"git+{partial.as_uri()}", tmp_path)
    assert f"{partial} is a partial clone, which lacks files" in caught.value.hint
    git(tmp_path, *shlex.split(caught.value.hint.partition("Fetch them: git ")[2]))
    assert (export(f"git+{partial.as_uri()}", tmp_path) / "setup.py").exists()


def test_a_repository_with_sha256_ids(url: str, author: Author, tmp_path: Path) -> None:
    for folder in (author.bare, author.work):
        shutil.rmtree(folder)
        folder.mkdir()
    git(author.bare, "init", "-q", "--bare", "--object-format=sha256")
    git(author.work, "init", "-q", "--object-format=sha256")
    author.write(
        {
            ".gitattributes": ATTRIBUTES,
            "version.txt": "$Format:%h %(describe)$\n",
            "pointer.txt": pointer(CONTENT),
            "packages/tool/setup.py": "setup()\n",
        }
    )
    made = author.release("1.0", "-a", "-m", "x")
    folder = export(url, tmp_path)
    assert len(made) == 64
    assert (folder / "version.txt").read_text() == f"{made[:7]} 1.0\n"
    assert (folder / "pointer.txt").read_text() == pointer(CONTENT)
    tag_filter = TagFilter(url, subdirectories=subdirectories("packages/*"))
    with open_repository(url, settings=RepositorySettings(cache=tmp_path / "cache")) as repository:
        (project,) = repository.all_tags(tag_filter).projects
    assert project.path == "packages/tool"


def test_links_modes_times_and_odd_names(url: str, author: Author, tmp_path: Path) -> None:
    names = ["with space", "umlaut-äöü", "-dash", "new\nline", "quo'te\"", "a" * 200, "deep/" * 40 + "x"]
    author.write({**{name: name for name in names}, "run.sh": "#!/bin/sh\n"})
    (author.work / os.fsdecode(b"caf\xe9")).write_text("latin\n")
    (author.work / ("n" * 120 + os.fsdecode(b"\xe9"))).write_text("long\n")
    (author.work / "run.sh").chmod(0o755)
    (author.work / "link").symlink_to("run.sh")
    (author.work / "folder-link").symlink_to("deep")
    author.release("1.0", seconds=FIRST_SECOND + 7)
    folder = export(url, tmp_path)
    for name in names:
        assert (folder / name).read_text() == name
        assert (folder / name).stat().st_mtime == FIRST_SECOND + 7
    assert (folder / os.fsdecode(b"caf\xe9")).read_text() == "latin\n"
    assert (folder / ("n" * 120 + os.fsdecode(b"\xe9"))).read_text() == "long\n"
    assert stat.S_IMODE((folder / "run.sh").stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "-dash").stat().st_mode) == 0o644
    assert (folder / "link").readlink() == Path("run.sh")
    assert (folder / "folder-link").readlink() == Path("deep")
    assert (folder / "deep").stat().st_mtime == FIRST_SECOND + 7
    assert not (folder / ".git").exists()


def test_settings_of_the_user_change_nothing(url: str, author: Author, user: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (user / ".gitconfig").write_text(
        f'[core]\n\tautocrlf = true\n\tattributesFile = {user}/attributes\n[filter "evil"]\n'
        f"\tsmudge = touch {ran}; cat\n\trequired = true\n"
    )
    (user / "attributes").write_text("* eol=crlf text\n")
    (user / ".config/git").mkdir(parents=True)
    (user / ".config/git/attributes").write_text("* eol=crlf text\n")
    author.write({".gitattributes": ATTRIBUTES, "a.txt": "one\n", "a.evil": "evil\n"})
    author.release("1.0")
    folder = export(url, tmp_path)
    assert (folder / "a.txt").read_bytes() == b"one\n"
    assert (folder / "a.evil").read_bytes() == b"evil\n"
    assert not ran.exists()


def test_settings_and_hooks_of_the_repository_run_nothing(author: Author, user: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    author.write({".gitattributes": ATTRIBUTES, "a.evil": "evil\n"})
    author.release("1.0")
    for key in (
        *("filter.evil.smudge", "filter.evil.process", "core.fsmonitor", "core.sshCommand"),
        *("core.alternateRefsCommand", "uploadpack.packObjectsHook", "tar.tar.command", "core.gitProxy"),
    ):
        git(author.bare, "config", key, f"touch {ran};cat")
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
        (author.bare / "hooks").mkdir(exist_ok=True)
        (author.bare / "hooks" / hook).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (author.bare / "hooks" / hook).chmod(0o755)
    folder = export(f"git+{author.bare.as_uri()}", tmp_path)
    assert (folder / "a.evil").read_bytes() == b"evil\n"
    assert not ran.exists()


@pytest.mark.parametrize("mode", ["120000", "040000"])
def test_a_tree_with_a_name_twice_writes_nothing_outside(
    author: Author, user: Path, tmp_path: Path, mode: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    bare = author.bare
    link = git(bare, "hash-object", "-w", "--stdin", stdin=os.fsencode(outside))
    blob = git(bare, "hash-object", "-w", "--stdin", stdin=b"out\n")
    inner = git(bare, "mktree", stdin=f"100644 blob {blob}\tfile\n".encode())
    entries = [(b"120000", b"a", link), (b"40000", b"a", inner)]
    if mode == "040000":
        entries = [(b"40000", b"..", inner)]
    raw = b"".join(kind + b" " + name + b"\0" + bytes.fromhex(found) for kind, name, found in entries)
    tree = git(bare, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw)
    git(bare, "tag", "1.0", git(bare, "commit-tree", tree, "-m", "x"))
    with pytest.raises(RepositoryError):
        export(f"git+{bare.as_uri()}", tmp_path)
    assert not list(outside.iterdir())
    assert not (tmp_path / "file").exists()
    assert not (tmp_path / "out-1.0").exists()


# submodules


def add_submodule(author: Author, path: str, url: str, commit: str) -> None:
    """Record a submodule as git submodule add does."""
    git(author.work, "config", "-f", ".gitmodules", f"submodule.{path}.path", path)
    git(author.work, "config", "-f", ".gitmodules", f"submodule.{path}.url", url)
    (author.work / path).mkdir(parents=True, exist_ok=True)
    git(author.work, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")


def release_with_submodule(author: Author, url: str, commit: str, path: str = "vendor/library") -> None:
    author.write({"setup.py": "setup()\n"})
    git(author.work, "add", "-A")
    add_submodule(author, path, url, commit)
    git(author.work, "add", ".gitmodules")
    git(author.work, "commit", "-q", "-m", "with a submodule")
    git(author.work, "tag", "1.0")
    git(author.work, "push", "-q", str(author.bare), "HEAD:refs/heads/main", "--tags")


@pytest.fixture
def library(tmp_path: Path) -> tuple[Author, str]:
    made = Author(tmp_path, "library")
    made.write({"module.py": "first\n"})
    first = made.release("first")
    made.write({"module.py": "second\n"})
    made.release("second")
    return made, first


def test_a_submodule_is_exported_at_its_commit(
    url: str, author: Author, library: tuple[Author, str], tmp_path: Path
) -> None:
    release_with_submodule(author, "../library.git", library[1])
    folder = export(url, tmp_path)
    assert (folder / "vendor/library/module.py").read_text() == "first\n"
    assert (folder / "setup.py").exists()


def test_a_submodule_may_have_submodules(
    url: str, author: Author, library: tuple[Author, str], tmp_path: Path
) -> None:
    between = Author(tmp_path, "between")
    release_with_submodule(between, "../library.git", library[1], "inner")
    release_with_submodule(author, "../between.git", git(between.work, "rev-parse", "HEAD"))
    folder = export(url, tmp_path)
    assert (folder / "vendor/library/inner/module.py").read_text() == "first\n"


@pytest.mark.parametrize("kind", ["working copy", "git folder", "worktree", "separate", "parent's"])
def test_a_relative_submodule_of_a_working_copy_leads_from_its_folder(
    kind: str, author: Author, library: tuple[Author, str], user: Path, tmp_path: Path
) -> None:
    release_with_submodule(author, "../served/library.git", library[1])
    folder = author.work
    if kind == "git folder":
        folder /= ".git"
    elif kind == "worktree":
        folder = tmp_path / "elsewhere/deep/tree"
        git(author.work, "worktree", "add", "-q", "--detach", str(folder))
    elif kind == "separate":
        (tmp_path / "elsewhere").mkdir()
        git(author.work, "init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere/kept.git"))
    elif kind == "parent's":
        # git clones a submodule from the folder that its parent names, so its origin does not count there.
        git(author.work, "remote", "add", "origin", "https://git.example.com/acme/tool.git")
        outer = Author(tmp_path, "outer")
        release_with_submodule(outer, f"../{folder.name}", git(author.work, "rev-parse", "HEAD"), "inner")
        exported = export(f"git+{outer.work.as_uri()}", tmp_path)
        assert (exported / "inner/vendor/library/module.py").read_text() == "first\n"
        return
    exported = export(f"git+{folder.as_uri()}", tmp_path)
    assert (exported / "vendor/library/module.py").read_text() == "first\n"


@pytest.mark.parametrize("written", ["{}", "file://{}", "../served/tool.git"])
def test_a_relative_submodule_of_a_clone_leads_from_where_it_was_cloned(
    written: str, author: Author, library: tuple[Author, str], user: Path, tmp_path: Path
) -> None:
    release_with_submodule(author, "../library.git", library[1])
    git(author.work, "remote", "add", "upstream", written.format(author.bare))
    git(author.work, "remote", "add", "origin", "https://git.example.com/acme/tool.git")
    branch = git(author.work, "symbolic-ref", "--short", "HEAD")
    git(author.work, "config", f"branch.{branch}.remote", "upstream")
    folder = export(f"git+{author.work.as_uri()}", tmp_path)
    assert (folder / "vendor/library/module.py").read_text() == "first\n"


@pytest.mark.parametrize("remote", ["https://git.example.com/acme/tool.git", "git@git.example.com:tool.git"])
def test_a_relative_submodule_of_a_clone_from_another_host_needs_the_option(
    remote: str, author: Author, library: tuple[Author, str], user: Path, tmp_path: Path
) -> None:
    release_with_submodule(author, "../library.git", library[1])
    git(author.work, "remote", "add", "origin", remote)
    with pytest.raises(RepositoryError, match=r"on the host git\.example\.com") as caught:
        export(f"git+{author.work.as_uri()}", tmp_path)
    assert "Add the line git.example.com to the option submodules" in caught.value.hint


def test_no_submodule_is_read_where_the_option_says_so(
    url: str, author: Author, library: tuple[Author, str], tmp_path: Path
) -> None:
    release_with_submodule(author, "../library.git", library[1])
    folder = export(url, tmp_path, submodules=())
    assert list((folder / "vendor/library").iterdir()) == []


def test_a_submodule_of_another_host_needs_the_option(url: str, author: Author, tmp_path: Path) -> None:
    release_with_submodule(author, "https://elsewhere.invalid/library.git", "1" * 40)
    with pytest.raises(RepositoryError, match=r"on the host elsewhere\.invalid") as caught:
        export(url, tmp_path)
    assert "elsewhere.invalid" in caught.value.hint
    assert "submodules = none" in caught.value.hint
    assert not (tmp_path / "out-1.0").exists()


@pytest.mark.parametrize(
    "written", ["/etc", "file:///etc", "ext::sh -c touch% x", "-uevil", "--upload-pack=touch x", ""]
)
def test_a_submodule_leads_to_no_other_place(
    author: Author, daemon: Server, user: Path, tmp_path: Path, written: str
) -> None:
    release_with_submodule(author, written, "1" * 40)
    with pytest.raises(RepositoryError, match="submodule 'vendor/library'"):
        export(f"git://{LOOPBACK}:{daemon.port}/{author.bare.name}", tmp_path)


@pytest.mark.parametrize(
    "written",
    [
        "ftp://ann:hunter2@elsewhere.invalid/x",
        "ftp://ann:h@hunter2@elsewhere.invalid/x",
        "git://ann:hunter2@{}/no.git",
    ],
)
def test_a_login_in_the_url_of_a_submodule_is_not_shown(
    author: Author, daemon: Server, user: Path, tmp_path: Path, written: str
) -> None:
    server = f"{LOOPBACK}:{daemon.port}"
    release_with_submodule(author, written.format(server), "1" * 40)
    with pytest.raises(RepositoryError, match="submodule 'vendor/library'") as caught:
        export(f"git://{server}/{author.bare.name}", tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_damaged_cache_of_a_submodule_is_made_again(
    author: Author, daemon: Server, library: tuple[Author, str], user: Path, tmp_path: Path
) -> None:
    release_with_submodule(author, "../library.git", library[1])
    url = f"git://{LOOPBACK}:{daemon.port}/{author.bare.name}"
    shutil.rmtree(export(url, tmp_path))
    for pack in (tmp_path / "cache/git").glob("*.git/objects/pack/*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(b"PACK" + os.urandom(200))
    folder = export(url, tmp_path)
    assert (folder / "vendor/library/module.py").read_text() == "first\n"


def test_a_submodule_whose_server_lost_it_leaves_what_was_fetched(
    author: Author, daemon: Server, library: tuple[Author, str], user: Path, tmp_path: Path
) -> None:
    release_with_submodule(author, "../library.git", library[1])
    url = f"git://{LOOPBACK}:{daemon.port}/{author.bare.name}"
    shutil.rmtree(export(url, tmp_path))
    add_submodule(author, "vendor/library", "../library.git", git(library[0].work, "rev-parse", "HEAD"))
    git(author.work, "commit", "-q", "-m", "with a newer submodule")
    git(author.work, "tag", "2.0")
    git(author.work, "push", "-q", str(author.bare), "--tags")
    shutil.rmtree(library[0].bare)
    with pytest.raises(RepositoryError, match="submodule 'vendor/library' cannot be exported"):
        export(url, tmp_path, "2.0")
    assert (export(url, tmp_path) / "vendor/library/module.py").read_text() == "first\n"


def test_a_submodule_that_is_missing_fails(url: str, author: Author, tmp_path: Path) -> None:
    release_with_submodule(author, "../library.git", "1" * 40)
    with pytest.raises(RepositoryError, match="submodule 'vendor/library' cannot be exported"):
        export(url, tmp_path)


# Git LFS

CONTENT = b"\0large" * 5000


def pointer(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"


def keep(bare: Path, content: bytes) -> None:
    """Put a file where git-lfs keeps it in a repository on this machine."""
    digest = hashlib.sha256(content).hexdigest()
    file = bare / "lfs/objects" / digest[:2] / digest[2:4] / digest
    file.parent.mkdir(parents=True)
    file.write_bytes(content)


def release_large_file(author: Author) -> None:
    author.write({".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"})
    git(author.work, "add", "-A")
    git(author.work, "commit", "-q", "-m", "attributes")
    blob = git(author.work, "hash-object", "-w", "--stdin", stdin=pointer(CONTENT).encode())
    git(author.work, "update-index", "--add", "--cacheinfo", f"100755,{blob},data/large.bin")
    git(author.work, "commit", "-q", "-m", "large")
    git(author.work, "tag", "1.0")
    git(author.work, "push", "-q", "--no-verify", str(author.bare), "HEAD:refs/heads/main", "--tags")


def test_a_large_file_is_in_place_of_its_pointer(author: Author, user: Path, tmp_path: Path) -> None:
    need("git-lfs")
    release_large_file(author)
    keep(author.bare, CONTENT)
    folder = export(f"git+{author.bare.as_uri()}", tmp_path)
    assert (folder / "data/large.bin").read_bytes() == CONTENT
    assert (folder / "data/large.bin").stat().st_mtime == FIRST_SECOND
    assert os.access(folder / "data/large.bin", os.X_OK)


def test_attributes_of_the_tag_decide_what_is_a_pointer(
    author: Author, user: Path, tmp_path: Path, url: str
) -> None:
    need("git-lfs")
    text = pointer(b"nowhere")
    author.write(
        {
            "tests/pointer.txt": text,
            "tests/\u00fc \n.bin": text,
            "left/.gitattributes": "*.bin !filter\n",
            "left/large.bin": text,
            "other/.gitattributes": "*.bin filter=other\n",
            "other/large.bin": text,
            "data/.gitattributes": "*.part large\n",
            "data/one.part": pointer(CONTENT),
        }
    )
    author.release("0.9")
    author.write({".gitattributes": "[attr]large filter=lfs -text\nleft/*.bin large\n"})
    author.release("1.0")
    (author.bare / "info").mkdir(exist_ok=True)
    (author.bare / "info/attributes").write_text("*.txt filter=lfs\n*.part -filter\n")
    keep(author.bare, CONTENT)
    folder = export(url, tmp_path, "0.9")
    assert (folder / "data/one.part").read_text() == pointer(CONTENT)
    if url.startswith("git+file"):  # a daemon has no server for large files
        folder = export(url, tmp_path)
        assert (folder / "data/one.part").read_bytes() == CONTENT
    for path in ("tests/pointer.txt", "tests/\u00fc \n.bin", "left/large.bin", "other/large.bin"):
        assert (folder / path).read_text() == text


def test_a_large_file_that_is_nowhere_fails(url: str, author: Author, tmp_path: Path) -> None:
    need("git-lfs")
    release_large_file(author)
    with pytest.raises(RepositoryError) as caught:
        export(url, tmp_path)
    assert not (tmp_path / "out-1.0").exists()
    if url.startswith("git+file"):  # a daemon has no server for large files
        assert "does not have the file that 'data/large.bin' stands for" in str(caught.value)
        assert "git lfs push" in caught.value.hint


def test_a_damaged_large_file_fails(author: Author, user: Path, tmp_path: Path) -> None:
    need("git-lfs")
    release_large_file(author)
    keep(author.bare, CONTENT)
    next((author.bare / "lfs").rglob("[0-9a-f]" * 64)).write_bytes(b"other")
    with pytest.raises(RepositoryError, match="damaged"):
        export(f"git+{author.bare.as_uri()}", tmp_path)


class LargeFileServer(BaseHTTPRequestHandler):
    """Answers git-lfs as its batch API says (docs/api/batch.md there), and notes that it was asked."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        objects = [
            {**each, "actions": {"download": {"href": f"http://{self.headers['Host']}/{each['oid']}"}}}
            for each in asked["objects"]
        ]
        self._answer(json.dumps({"transfer": "basic", "objects": objects}).encode())

    def do_GET(self) -> None:
        self._answer(CONTENT)

    def _answer(self, content: bytes) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.git-lfs+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def large_files() -> Iterator[tuple[str, list[str]]]:
    """The URL of a server of large files, and the paths that it was asked for."""
    with ThreadingHTTPServer((LOOPBACK, 0), LargeFileServer) as server:
        asked: list[str] = []
        server.asked = asked  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://user:secret@{LOOPBACK}:{server.server_port}/lfs", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("key", ["lfs.url", "remote.origin.lfsurl"])
def test_a_tag_sends_git_lfs_to_another_host_only_where_that_is_allowed(
    key: str, author: Author, user: Path, tmp_path: Path, large_files: tuple[str, list[str]]
) -> None:
    need("git-lfs")
    server, asked = large_files
    git(author.work, "config", "--file", ".lfsconfig", key, server)
    release_large_file(author)
    url = f"git+{author.bare.as_uri()}"
    for settings in ({}, {"submodules": ()}, {"submodules": ("same-host", "*.example.com")}):
        with pytest.raises(RepositoryError) as caught:
            export(url, tmp_path, **settings)
        assert f"{LOOPBACK}:" in caught.value.reason
        assert "secret" not in str(caught.value)
        assert f"Add the line {LOOPBACK} to the option submodules" in caught.value.hint
        assert asked == []
    folder = export(url, tmp_path, submodules=("same-host", "127.0.0.*"))
    assert (folder / "data/large.bin").read_bytes() == CONTENT
    assert asked[0] == "/lfs/objects/batch"


def test_git_lfs_may_ask_the_host_of_the_repository(
    daemon: Server, author: Author, user: Path, tmp_path: Path, large_files: tuple[str, list[str]]
) -> None:
    need("git-lfs")
    (user / ".gitconfig").write_text("[lfs]\n\tfetchexclude = *\n")
    git(author.work, "config", "--file", ".lfsconfig", "lfs.url", large_files[0])
    release_large_file(author)
    folder = export(f"git://{LOOPBACK}:{daemon.port}/{author.bare.name}", tmp_path, submodules=())
    assert (folder / "data/large.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("lfs.url", "FOLDER", "folder of this machine"),
        ("lfs.url", "file://FOLDER", "folder of this machine"),
        ("include.path", "FOLDER/other", "include.path"),
    ],
)
def test_a_tag_of_a_server_sends_git_lfs_to_no_place_of_this_machine(
    key: str, value: str, reason: str, daemon: Server, author: Author, user: Path, tmp_path: Path
) -> None:
    need("git-lfs")
    place = tmp_path / "place.git"
    make_bare(place)
    keep(place, CONTENT)
    (place / "other").write_text(f"[lfs]\n\turl = {place}\n", "utf-8")
    git(author.work, "config", "--file", ".lfsconfig", key, value.replace("FOLDER", str(place)))
    release_large_file(author)
    with pytest.raises(RepositoryError, match=reason):
        export(f"git://{LOOPBACK}:{daemon.port}/{author.bare.name}", tmp_path)


def test_without_git_lfs_a_large_file_fails(
    url: str, author: Author, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_large_file(author)
    keep(author.bare, CONTENT)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").symlink_to(shutil.which("git") or "git")
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(RepositoryError, match="git-lfs is not installed") as caught:
        export(url, tmp_path)
    assert "apt install git-lfs" in caught.value.hint


def test_the_files_are_those_of_a_checkout(url: str, author: Author, tmp_path: Path) -> None:
    author.write({"a.txt": "one\r\ntwo\n", "b/c.py": "x = 1\n", ".gitattributes": "*.txt text\n"})
    author.release("1.0")
    folder = export(url, tmp_path)
    clone = tmp_path / "clone"
    command = ["git", "-c", "advice.detachedHead=false", "clone", "-q", "--branch", "1.0", author.bare, clone]
    subprocess.run(command, check=True)
    shutil.rmtree(clone / ".git")
    assert subprocess.run(["diff", "-r", clone, folder], check=False).returncode == 0
