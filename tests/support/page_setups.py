"""What the pages of docs find when their reader begins: a repository, a buildout, an index, a web server.

Each set-up changes a ``Place``, and tells by ``names`` what stands here for the names in pages.
"""

from __future__ import annotations

import getpass
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.commands import Commands, program
from tests.support.git import commit, git, make_bare
from tests.support.history import History, setuptools_project
from tests.support.httpd import SERVER_USER, make_passable
from tests.support.old_index import add_archive
from tests.support.page_blocks import blocks
from tests.support.page_runs import PageRun
from tests.support.process import Server, free_port
from tests.support.public_index import add_sdist
from tests.support.requirements import find, need
from tests.support.subversion import make_certificate
from tests.support.svndump import Change, add_file

ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """Where a page is followed: ``root`` holds everything, ``commands`` run in the folder of its reader.

    ``public`` is the URL of the public index. What was started ends with ``stack``.
    """

    root: Path
    commands: Commands
    public: str
    stack: ExitStack
    names: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    history: History = field(init=False)

    def stands_for(self, name: str, path: Path) -> Path:
        """Let a path stand for the one in pages."""
        self.names[name] = str(path)
        return path

    def set_variable(self, **variables: str) -> None:
        """Set variables of the environment."""
        environment = {**self.commands.environment, **variables}
        self.commands = replace(self.commands, environment=environment)

    def add_program(self, name: str, script: str) -> Path:
        """Put a program before all others of its name."""
        folder = self.root / "programs"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(script, "utf-8")
        path.chmod(0o755)
        if not self.commands.environment["PATH"].startswith(f"{folder}:"):
            self.set_variable(PATH=f"{folder}:{self.commands.environment['PATH']}")
        return path


SetUp = Callable[[Place], None]


def machine(place: Place) -> None:
    """A machine of one's own: its folders, and rights of root."""
    place.stands_for("/srv", place.root / "srv").mkdir()
    place.stands_for("/var/backups", place.root / "backups").mkdir()
    place.stands_for("/etc/apache2", place.root / "etc/apache2")
    place.stands_for("/etc/nginx", place.root / "etc/nginx")
    place.add_program("sudo", '#!/bin/sh\nexec "$@"\n')
    place.set_variable(USER=getpass.getuser())


def subversion(place: Place) -> None:
    """A Subversion repository with a few small releases of two projects."""
    history = _repository(place)
    for version in ("1.0", "1.1"):
        history.release("acme.greeting", version)
    history.release("acme-ledger", "0.2")
    history.add_tag("acme-ledger", "final", setuptools_project("acme-ledger", "0.2"))


def changed_tags(place: Place) -> None:
    """A tag of a published release is deleted, and there is a new one."""
    place.history.delete("acme.greeting/tags/1.0")
    place.history.release("acme.greeting", "1.2")


def failing_tag(place: Place) -> None:
    """A tag in it that does not build."""
    place.history.add_tag("acme-ledger", "0.3", {"setup.py": "open('NEWS.txt')\n"})


def tags_at_the_root(place: Place) -> None:
    """A Subversion repository with the tags of all projects at its root."""
    files = setuptools_project("acme-ledger", "1.0")
    folders = ("tags", "tags/acme-ledger", "tags/acme-ledger/1.0")
    _commit(_repository(place), folders, {f"{folders[-1]}/{name}": text for name, text in files.items()})


def several_projects(place: Place) -> None:
    """A Subversion repository with two projects in each tag, and a git repository of the same."""
    folders = ("packages", "packages/api", "packages/web")
    files = {
        f"packages/{name}/{path}": text
        for name in ("api", "web")
        for path, text in setuptools_project(name, "1.2").items()
    }
    tag = "tags/1.2"
    in_tag = {f"{tag}/{path}": text for path, text in files.items()}
    _commit(_repository(place), ("trunk", "tags", tag, *(f"{tag}/{name}" for name in folders)), in_tag)
    bare = make_bare(place.root / "srv/git/all.git")
    commit(bare, files)
    git(bare, "tag", "1.2", "refs/heads/main")


def _repository(place: Place) -> History:
    need("svn")
    place.history = History(place.root / "svn")
    place.names["https://svn.example.com/svn"] = place.history.url
    place.options |= {"repository": place.history.url, "public-index": place.public}
    return place.history


def _commit(history: History, folders: Sequence[str], files: Mapping[str, str]) -> None:
    changes = [Change("add", folder, "dir") for folder in folders]
    history.commit([*changes, *(add_file(path, text) for path, text in files.items())])


def tags2sdists(place: Place) -> None:
    """A folder of working copies of git, and what tags2sdists made of the first tag."""
    checkout = place.root / "srv/checkouts/acme-tool"
    checkout.mkdir(parents=True)
    git(checkout, "init", "--quiet")
    for version in ("1.0", "1.1", "2.0a1"):
        for name, text in setuptools_project("acme-tool", version).items():
            (checkout / name).write_text(text, "utf-8")
        git(checkout, "add", ".")
        git(checkout, "commit", "--quiet", "--message", version)
        git(checkout, "tag", version)
    archives = place.root / "srv/sdists/acme-tool"
    archives.mkdir(parents=True)
    add_sdist(archives, "acme-tool", "1.0", setuptools_project("acme-tool", "1.0"))


def old_index(place: Place) -> None:
    """A Subversion repository, and an index that sdistmaker 1.4 made of its first tag."""
    history = _repository(place)
    for version in ("1.0", "1.1"):
        history.release("Acme.Greeting", version)
    index = place.root / "srv/packages/index"
    add_archive(index / "Acme.Greeting/Acme.Greeting-1.0.tar.gz", "Acme.Greeting", "1.0")


def other_files(place: Place) -> None:
    """What else somebody has put into that index."""
    folder = place.root / "srv/packages/index/acme-ledger"
    add_archive(folder / "acme-ledger-0.2.zip", "acme-ledger", "0.2")
    (folder / "acme-ledger-0.2-py2.6.egg").write_text("")


def defaults_file(place: Place) -> None:
    """A buildout with the defaults file that sdistmaker 1.4 used."""
    folder = place.commands.with_bin_buildout(program("buildout")).folder
    index = place.root / "srv/packages/index"
    constants = {"BASE": place.history.url, "OUTDIR": str(index), "BLACKLIST": [".svn"]}
    text = "".join(f"{name} = {value!r}\n" for name, value in constants.items())
    (folder / "defaults.py").write_text(f'{text}WHEELS = "none"\n', "utf-8")


def real_buildout(place: Place) -> None:
    """The folder of a buildout in which ``bin/buildout`` works, and has written the script."""
    place.stands_for("/srv/buildout", place.commands.folder)
    index = str(place.root / "srv/packages/index")
    options = {"destination": index, "wheels": "none", "run": "false", **place.options}
    lines = "".join(f"{name} = {value}\n" for name, value in options.items())
    part = f"[sdists]\nrecipe = sdistmaker_recipe\n{lines}"
    done = place.commands.buildout(f"[buildout]\nparts = sdists\n\n{part}")
    assert done.status == 0, done.output


def environment(place: Place) -> None:
    """A virtual environment with this package, a copy of its examples, and a release to copy."""
    folder = place.commands.folder
    place.commands.clean_python("packages")
    (packages,) = folder.glob("packages/lib/python*/site-packages")
    own = sysconfig.get_path("purelib")
    (packages / "own.pth").write_text(f"import site; site.addsitedir({own!r})\n")
    for name, call in (
        ("pip", "from pip._internal.cli.main import main; sys.exit(main())"),
        ("sdists_from_tags", "from sdistmaker_recipe.scripts import *; sys.exit(sdists_from_tags())"),
    ):
        script = folder / "packages/bin" / name
        script.write_text(f"#!{folder}/packages/bin/python\nimport sys\n{call}\n")
        script.chmod(0o755)
    shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
    (folder / "acme.tool-1.0").mkdir()
    for name, text in setuptools_project("acme.tool", "1.0").items():
        (folder / "acme.tool-1.0" / name).write_text(text, "utf-8")


def converted(place: Place) -> None:
    """The same projects in git, as git svn leaves them, and a script whose part names them."""
    folder = place.root / "git"
    projects = {"acme.greeting": ("1.0", "1.1"), "acme-ledger": ("0.2",)}
    for project, versions in projects.items():
        bare = make_bare(folder / f"{project}.git")
        place.names[f"https://git.example.com/group/{project}.git"] = bare.as_uri()
        for version in versions:
            git(bare, "tag", version, commit(bare, setuptools_project(project, version)))
    working_copy = place.commands.folder / "working-copy"
    working_copy.mkdir()
    git(working_copy, "init", "--quiet")
    git(working_copy, "commit", "--quiet", "--allow-empty", "--message", "one")
    git(working_copy, "update-ref", "refs/remotes/origin/tags/1.0", "HEAD")
    script = place.commands.folder / "bin/sdists_from_tags"
    urls = "\\n".join(f"git+{path.as_uri()}" for path in folder.iterdir())
    text = script.read_text("utf-8").replace(place.history.url, urls)
    script.with_name("with_git").write_text(text, "utf-8")
    script.with_name("with_git").chmod(0o755)
    place.commands = replace(place.commands, folder=working_copy)


def buildout(place: Place) -> None:
    """The folder of a buildout, whose part has written its script: ``bin/sdists_from_tags``."""
    folder = place.stands_for("/srv/buildout", place.commands.folder)
    destination = place.root / "srv/packages/index"
    destination.parent.mkdir(parents=True, exist_ok=True)
    options = {"destination": str(destination), "wheels": "none", **place.options}
    call = f"sdists_from_tags(part='sdists', options={options!r}, base={str(folder)!r})"
    script = folder / "bin/sdists_from_tags"
    script.parent.mkdir(exist_ok=True)
    code = f"import sys\nfrom sdistmaker_recipe.scripts import sdists_from_tags\nsys.exit({call})\n"
    script.write_text(f"#!{sys.executable}\n{code}", "utf-8")
    script.chmod(0o755)


def published(place: Place) -> None:
    """What one run of that script makes."""
    done = place.commands.run("bin/sdists_from_tags")
    assert done.status in (0, 1), done.output
    make_passable(place.root / "srv/packages/index")


def apache(place: Place) -> None:
    """Debian's Apache with all its programs, and a configuration of its own with no site and no port."""
    need("apache2", "a2enmod", "apachectl")
    configuration = Path(shutil.copytree("/etc/apache2", place.root / "etc/apache2", symlinks=True))
    for name in ("sites-enabled", "conf-enabled"):
        for link in (configuration / name).iterdir():
            link.unlink()
    state = place.root / "apache"
    state.mkdir()
    make_passable(state)
    (configuration / "ports.conf").write_text("")
    (configuration / "conf-enabled/here.conf").write_text(
        'ServerName localhost\nMutex "file:${APACHE_RUN_DIR}"\n'
    )
    user = SERVER_USER if os.geteuid() == 0 else getpass.getuser()
    settings = {"RUN_USER": user, "RUN_GROUP": user, "PID_FILE": state / "pid", "STARTED_BY_SYSTEMD": "1"}
    settings |= {f"{name}_DIR": state for name in ("RUN", "LOCK", "LOG")}
    exports = "".join(f"export APACHE_{name}='{value}'\n" for name, value in settings.items())
    (configuration / "envvars").write_text(exports)
    place.set_variable(APACHE_CONFDIR=str(configuration))
    place.add_program("systemctl", '#!/bin/sh\n[ "$2" = apache2 ] && exec apachectl "$1"\n')
    place.stack.callback(_end_apache, place.commands, state / "pid")


def _end_apache(commands: Commands, pid_file: Path) -> None:
    if pid_file.exists():
        commands.run("apachectl", "stop")
        deadline = time.monotonic() + 10
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)


def with_wheels(place: Place) -> None:
    """The part has wheels from now on, as it does by default."""
    place.options["wheels"] = "pure"
    buildout(place)


def running_apache(place: Place) -> None:
    """That Apache has been started, and answers nobody yet."""
    apache(place)
    (place.root / "etc/apache2/ports.conf").write_text(f"Listen 127.0.0.1:{free_port()}\n")
    done = place.commands.run("apachectl", "start")
    assert done.status == 0, done.output


def nginx_config(place: Place) -> None:
    """The part has the option that has a run write a file for nginx."""
    place.options["nginx-config"] = str(place.root / "srv/packages/index-nginx.conf")


def nginx(place: Place) -> None:
    """A running nginx, whose configuration includes a folder."""
    need("nginx", "/etc/nginx/mime.types")
    folder = place.root / "etc/nginx"
    (folder / "conf.d").mkdir(parents=True)
    make_passable(folder)
    port = free_port()
    paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    text = f"""\
{f"user {SERVER_USER};" if os.geteuid() == 0 else ""}
daemon off;
worker_processes 1;
pid "{folder}/pid";
error_log "{folder}/error.log" warn;
events {{ worker_connections 64; }}
http {{
    access_log "{folder}/access.log";
    {" ".join(f'{path}_temp_path "{folder}/{path}";' for path in paths)}
    include /etc/nginx/mime.types;
    include {folder}/conf.d/*.conf;
    server {{ listen 127.0.0.1:{port}; return 404; }}
}}
"""
    (folder / "nginx.conf").write_text(text, "utf-8")
    real = [find("nginx") or "nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    place.add_program("nginx", f'#!/bin/sh\nexec {" ".join(real)} "$@"\n')
    ready = (folder / "pid").exists
    place.stack.enter_context(Server(real, port, folder / "output.log", ready=ready))


def host(place: Place) -> None:
    """The host packages.example.com: a port of this machine, and a certificate that curl trusts."""
    need("curl", "openssl")
    port = free_port()
    certificate = make_certificate(place.root)
    place.stands_for("/etc/ssl/packages.example.com.pem", certificate.file)
    place.stands_for("/etc/ssl/private/packages.example.com.key", certificate.key)
    place.names |= {
        "https://packages.example.com": f"https://localhost:{port}",
        "<VirtualHost *:443>": f"Listen 127.0.0.1:{port}\n<VirtualHost *:{port}>",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
    }
    place.set_variable(CURL_CA_BUNDLE=str(certificate.authority))
    _let_curl_wait(place, port)


def served(place: Place) -> None:
    """The host serves the index, as the page on Apache says."""
    _follow("how-to/serve-with-apache.rst", place)


def checkout(place: Place) -> None:
    """A copy of the project as ``python3 bootstrap.py`` leaves it, with the index of the example."""
    folder = place.commands.folder
    (folder / ".venv").symlink_to(Path(sys.prefix))
    place.commands.with_bin_buildout(program("buildout"))
    # To build all of the example takes half a minute, and other tests do it.
    config = (ROOT / "buildout.cfg").read_text("utf-8")
    (folder / "buildout.cfg").write_text(
        f"{config}\ninclude = acme-ledger\nnewest = 1\nwheels = none\n", "utf-8"
    )
    defaults = Path(place.commands.environment["HOME"]) / ".buildout/default.cfg"
    defaults.parent.mkdir()
    defaults.write_text(f"[buildout]\nindex = {place.public}/\n", "utf-8")
    (folder / "var/try").mkdir(parents=True)
    done = place.commands.run("bin/buildout")
    assert done.status == 0, done.output


def port_8080(place: Place) -> None:
    """A free port."""
    port = free_port()
    place.names["8080"] = str(port)
    _let_curl_wait(place, port)


def _let_curl_wait(place: Place, port: int) -> None:
    """Let curl wait up to ten seconds until the port is open: servers reload in the background."""
    connect = f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null"
    wait = f"for _ in $(seq 200); do {connect} && break; sleep 0.05; done"
    place.add_program("curl", f'#!/bin/bash\n{wait}\nexec {find("curl")} "$@"\n')


def scripts(folder: str) -> SetUp:
    """The files of a folder of examples, in the folder of the reader."""

    def set_up(place: Place) -> None:
        shutil.copytree(ROOT / "docs/examples" / folder, place.commands.folder, dirs_exist_ok=True)

    return set_up


def mirror(place: Place) -> None:
    """Another machine that rsync reaches; here it is a folder."""
    need("rsync", "flock")
    place.stands_for("mirror.example.com:/srv/packages/index", place.root / "mirror").mkdir()


PAGES: Mapping[str, tuple[SetUp, ...]] = {
    "tutorial/first-index.rst": (machine, checkout, apache, port_8080),
    "how-to/build-on-a-cluster.rst": (),
    "how-to/check-and-repair.rst": (machine, subversion, buildout, published),
    "how-to/choose-tags.rst": (machine, subversion, buildout),
    "how-to/containers.rst": (),
    "how-to/copy-the-index.rst": (machine, subversion, failing_tag, buildout, scripts("copies"), mirror),
    "how-to/from-subversion-to-git.rst": (machine, subversion, buildout, published, converted),
    "how-to/from-tags2sdists.rst": (machine, tags2sdists),
    "how-to/monitor-failures.rst": (machine, subversion, failing_tag, buildout, scripts("monitoring")),
    "how-to/pages-for-people.rst": (machine, subversion, buildout, published, running_apache, host, served),
    "how-to/private-repositories.rst": (),
    "how-to/questions.rst": (machine, subversion, real_buildout, published, changed_tags),
    "how-to/repository-layouts.rst": (machine, tags_at_the_root, buildout),
    "how-to/run-by-cron-and-hooks.rst": (machine, subversion, buildout),
    "how-to/serve-with-apache.rst": (machine, subversion, buildout, published, running_apache, host),
    "how-to/serve-with-nginx.rst": (machine, subversion, nginx_config, buildout, published, nginx, host),
    "how-to/several-indexes.rst": (machine, subversion, buildout),
    "how-to/several-projects.rst": (machine, several_projects, buildout),
    "how-to/take-over-an-index.rst": (machine, old_index, other_files, buildout),
    "how-to/upgrade-from-sdistmaker-1.4.rst": (machine, old_index, defaults_file),
    "how-to/wheels.rst": (machine, subversion, buildout, published, with_wheels),
    "how-to/when-a-tag-fails.rst": (machine, subversion, failing_tag, buildout, published),
    "how-to/withdraw-releases.rst": (machine, subversion, buildout, published),
    "how-to/write-a-vcs-backend.rst": (machine, environment),
}
"""The set-ups of each page whose blocks are run, in their order."""


def follow(page: str, root: Path, commands: Commands, public: str) -> None:
    """Make what a page finds below ``root``, and follow it; ``public`` is the URL of the public index."""
    with ExitStack() as stack:
        place = Place(root, commands, public, stack)
        for set_up in PAGES[page]:
            set_up(place)
        _follow(page, place)


def _follow(page: str, place: Place) -> None:
    run = PageRun(place.commands, place.names)
    for block in blocks(ROOT / "docs" / page):
        run.follow(block)
