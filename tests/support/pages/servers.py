"""Web servers and other machines that pages speak of."""

from __future__ import annotations

import getpass
import os
import shutil
import time
from pathlib import Path

from tests.support.commands import Commands
from tests.support.httpd import SERVER_USER, make_passable
from tests.support.pages.place import Place
from tests.support.process import Server, free_port
from tests.support.requirements import find, need
from tests.support.subversion import make_certificate


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


def running_apache(place: Place) -> None:
    """That Apache has been started, and answers nobody yet."""
    apache(place)
    (place.root / "etc/apache2/ports.conf").write_text(f"Listen 127.0.0.1:{free_port()}\n")
    done = place.commands.run("apachectl", "start")
    assert done.status == 0, done.output


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


def plain_host(place: Place) -> None:
    """The host packages.example.com by http, which uv takes from the same machine; it serves the index."""
    port = free_port()
    place.names["https://packages.example.com"] = f"http://localhost:{port}"
    index = place.root / "srv/packages/index-apache.conf"
    address = f"127.0.0.1:{port}"
    text = f"Listen {address}\n<VirtualHost {address}>\nInclude {index}\n</VirtualHost>\n"
    (place.root / "etc/apache2/sites-available/plain.conf").write_text(text, "utf-8")
    for command in (("a2enmod", "alias", "authz_core", "headers", "rewrite"), ("a2ensite", "plain")):
        assert place.commands.run(*command).status == 0
    done = place.commands.run("apachectl", "graceful")
    assert done.status == 0, done.output


def port_8080(place: Place) -> None:
    """A free port."""
    port = free_port()
    place.names["8080"] = str(port)
    _let_curl_wait(place, port)


def mirror(place: Place) -> None:
    """Another machine that rsync reaches; here it is a folder."""
    need("rsync", "flock")
    place.stands_for("mirror.example.com:/srv/packages/index", place.root / "mirror").mkdir()


def _end_apache(commands: Commands, pid_file: Path) -> None:
    if pid_file.exists():
        commands.run("apachectl", "stop")
        deadline = time.monotonic() + 10
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)


def _let_curl_wait(place: Place, port: int) -> None:
    """Let curl wait up to ten seconds until the port is open: servers reload in the background."""
    connect = f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null"
    wait = f"for _ in $(seq 200); do {connect} && break; sleep 0.05; done"
    place.add_program("curl", f'#!/bin/bash\n{wait}\nexec {find("curl")} "$@"\n')
