"""The locale and the environment variables of this process, from which Subversion takes settings.

libsvn takes them from nowhere else. So the first connection through it in a process sets here what is not set
already, and leaves it set.
"""

from __future__ import annotations

import codecs
import contextlib
import locale
import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

SSH = "ssh -o BatchMode=yes -o LogLevel=ERROR --"
"""It never asks for a password, nor whether to trust a host, and says why it fails."""

UTF8_LOCALES = ("C.UTF-8", "C.utf8", "UTF-8", "en_US.UTF-8")


def use_utf8_names() -> None:
    """Set the C library's locale to one with UTF-8 file names, if Python's file names are UTF-8.

    libsvn cannot write a file whose name the locale cannot hold. Python treats an ASCII locale as UTF-8
    (PEP 540) but leaves the C library's as it is.
    """
    native = codecs.lookup(locale.nl_langinfo(locale.CODESET)).name
    if native == "utf-8" or codecs.lookup(sys.getfilesystemencoding()).name != "utf-8":
        return
    for name in UTF8_LOCALES:
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return


def use_utc() -> None:
    """Set the time zone to UTC: libsvn writes local times into files with the keyword Date."""
    if os.environ.get("TZ") != "UTC":
        os.environ["TZ"] = "UTC"
        time.tzset()


def use_batch_ssh() -> None:
    """Set ``SVN_SSH`` to an ssh that asks nothing, unless the user chose one."""
    ssh = batch_ssh(os.environ, configuration_files(os.environ))
    if ssh is not None:
        os.environ["SVN_SSH"] = ssh


def use_system_certificates() -> None:
    """Set ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` to the system's authorities, unless either is set."""
    if not {"SSL_CERT_FILE", "SSL_CERT_DIR"} & os.environ.keys():
        os.environ.update(system_certificates())


def batch_ssh(environment: Mapping[str, str], configurations: Iterable[Path]) -> str | None:
    """The command for svn+ssh URLs that never asks anything; None if the user chose one.

    ``configurations`` are Subversion's files named "config", the system's and the user's, or missing ones.
    The environment variable SVN_SSH takes the command.
    """
    if "SVN_SSH" in environment or any(map(_has_ssh, configurations)):
        return None
    return SSH


def configuration_files(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where Subversion looks for its settings on a Unix system."""
    home = environment.get("HOME")
    users = (Path(home, ".subversion", "config"),) if home else ()
    return (Path("/etc/subversion/config"), *users)


def _has_ssh(configuration: Path) -> bool:
    """Whether the [tunnels] section sets ssh."""
    try:
        text = configuration.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    sections = re.split(r"^\[([^\]\n]*)\]", text, flags=re.MULTILINE)
    found = zip(sections[1::2], sections[2::2], strict=True)
    return any(name == "tunnels" and re.search(r"^ssh\s*[=:]", body, re.MULTILINE) for name, body in found)


def system_certificates() -> dict[str, str]:
    """The authorities that Python's OpenSSL trusts, as environment variables that any OpenSSL reads.

    The OpenSSL inside subvertpy's wheel looks for them where another distribution keeps them.
    """
    import ssl  # takes longer to load than it takes to read a small repository

    paths = ssl.get_default_verify_paths()
    found = {"SSL_CERT_FILE": paths.cafile, "SSL_CERT_DIR": paths.capath}
    return {name: path for name, path in found.items() if path}
