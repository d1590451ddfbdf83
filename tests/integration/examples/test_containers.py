"""The files for containers: read, and their commands run as far as a machine without an engine can."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from tests.support.commands import Commands, index_files
from tests.support.eggs import build_wheel
from tests.support.example_files import EXAMPLES, dockerfile, with_paths, yaml_file
from tests.support.history import History
from tests.support.httpd import make_passable
from tests.support.nginx import Nginx
from tests.support.requirements import need
from tests.support.webserver.client import Site

FOLDER = EXAMPLES / "containers"
DOCKERFILE = dockerfile(FOLDER / "Dockerfile")
COMPOSE = yaml_file(FOLDER / "compose.yaml")
NEEDED = {"git": "git", "hg": "mercurial", "svn": "subversion"}
"""The programs that read repositories, and the Debian packages that have them."""
OF_THE_BASE = {"rm", "install", "useradd"}


def values(name: str) -> list[str]:
    return [instruction.value for instruction in DOCKERFILE if instruction.name == name]


def test_the_instructions_are_in_a_sound_order() -> None:
    names = [instruction.name for instruction in DOCKERFILE]
    assert names[0] == "FROM"
    assert set(names) <= {"FROM", "RUN", "USER", "VOLUME", "ENTRYPOINT", "CMD"}
    assert names.count("ENTRYPOINT") == names.count("CMD") == names.count("USER") == 1
    # What a build of the image writes into a volume after VOLUME is lost.
    assert (
        max(i for i, name in enumerate(names) if name == "RUN") < names.index("USER") < names.index("VOLUME")
    )


def test_the_packages_have_the_programs_that_read_repositories() -> None:
    (install,) = [value for value in values("RUN") if "apt-get install" in value]
    words = install.split("&&")[1].split()
    assert set(NEEDED.values()) <= set(words)
    assert "rm -rf /var/lib/apt/lists/*" in install


def test_the_services_use_volumes_and_files_that_are_there() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    assert set(services) == {"build", "web"}
    mounts = {name: [mount.split(":") for mount in service["volumes"]] for name, service in services.items()}
    for source, *_ in (*mounts["build"], *mounts["web"]):
        assert source in volumes or (source.startswith("./") and (FOLDER / source).is_file())
    inside = [mount[1] for mount in mounts["build"]]
    (declared,) = [instruction.words() for instruction in DOCKERFILE if instruction.name == "VOLUME"]
    assert sorted(inside) == sorted(declared)
    assert all(mount[2:] == ["ro"] for mount in mounts["web"])
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of this package."""
    folder = tmp_path_factory.mktemp("wheel")
    build_wheel(folder / "source", folder)
    return folder


class Image:
    """What the image has, below a folder; packages of Debian and accounts are those of this machine."""

    def __init__(self, commands: Commands, wheel: Path) -> None:
        self.commands = commands
        self.paths = {name: commands.folder / name.strip("/") for name in ("/opt/packages", "/srv/packages")}
        self.paths |= dict.fromkeys(("/var/lib/apt/lists", "/home/packages"), commands.folder / "rest")
        programs = commands.folder / "programs"
        programs.mkdir()
        for name in ("apt-get", "useradd"):
            (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{commands.folder}/done\n')
            (programs / name).chmod(0o755)
        # Only root gives files away.
        (programs / "install").write_text('#!/bin/sh\nshift 3\nexec mkdir -p "$@"\n')
        (programs / "install").chmod(0o755)
        self.environment = {
            "PATH": f"{programs}:{commands.environment['PATH']}",
            # The requirements are those of the tests.
            "PIP_NO_DEPS": "1",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheel),
        }

    def build(self) -> None:
        """Run all RUN instructions."""
        for value in values("RUN"):
            done = self.commands.run("sh", "-ec", with_paths(value, self.paths), environment=self.environment)
            assert done.status == 0, f"{value}\n{done.output}"
        (packages,) = self.paths["/opt/packages"].glob("lib/python*/site-packages")
        own = sysconfig.get_path("purelib")
        (packages / "own.pth").write_text(f"import site; site.addsitedir({own!r})\n")

    def run(self, *command: str):
        """Run the entry point with these words; what CMD says if there are none."""
        (entry,) = [instruction.words() for instruction in DOCKERFILE if instruction.name == "ENTRYPOINT"]
        (default,) = [instruction.words() for instruction in DOCKERFILE if instruction.name == "CMD"]
        words = [with_paths(word, self.paths) for word in (*entry, *(command or default))]
        return self.commands.run(*words)


def test_the_image_builds_and_serves(
    commands: Commands, history: History, wheel: Path, public: str, tmp_path: Path
) -> None:
    need("nginx")
    image = Image(commands, wheel)
    image.build()
    done = (commands.folder / "done").read_text()
    assert "apt-get update" in done
    assert "useradd --create-home --uid 1000 packages" in done
    assert image.run().stdout.startswith("usage: sdists_from_tags")

    history.release("acme.tool", "1.0")
    command = [
        word.replace("https://svn.example.com/svn", history.url)
        for word in COMPOSE["services"]["build"]["command"]
    ]
    assert history.url in command[0]
    made = image.run(*command, f"--public-index={public}", "--wheels=none")
    assert (made.status, made.output) == (0, ""), made.output
    index = image.paths["/srv/packages"] / "index"
    assert index_files(index) == ["acme-tool/acme_tool-1.0.tar.gz"]

    make_passable(index)
    text = with_paths((FOLDER / "nginx.conf").read_text("utf-8"), image.paths)
    block = (
        text.partition("{")[2]
        .rpartition("}")[0]
        .replace("listen 80;", "")
        .replace("server_name packages.example.com;", "")
    )
    (tmp_path / "nginx").mkdir()
    with Nginx(tmp_path / "nginx", block) as server:
        site = Site(server.port, "/", index)
        assert site.get("acme-tool/").status == 200
        assert site.get("requests/").status == 302
