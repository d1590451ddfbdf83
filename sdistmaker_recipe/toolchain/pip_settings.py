"""Where build requirements come from: pip's configuration, handed to uv, which does not read it."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def uv_variables(build_index: str, environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """The environment for uv: the given one and what build_index, else pip's configuration, adds to it.

    ``prefix`` is that of the Python whose pip would be asked. What environment says to uv itself wins over
    pip's configuration, and build_index (a URL or "") over both.
    """
    variables = dict(environment)
    if build_index:
        for name in ("UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"):
            variables.pop(name, None)
        return {**variables, "UV_DEFAULT_INDEX": build_index}
    if any(name in environment for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        return variables
    settings = pip_settings(environment, prefix)
    for name, variable in _TO_UV.items():
        if name in settings and variable not in variables:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            variables[variable] = separator.join(settings[name].split())
    if "UV_INDEX" in variables:
        # pip takes the best version that any of its indexes has.
        variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return variables


def pip_settings(environment: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """What pip would read for ``pip install``: its files from the site's to the prefix's, then variables.

    From pip's documentation, "Configuration": the section of the command wins over ``[global]``, a later
    file over an earlier, PIP_CONFIG_FILE over all files, and environment variables over everything.
    """
    files = [_read(path) for path in _files(environment, prefix)]
    settings = {
        name: value for section in ("global", "install") for file in files for name, value in file[section]
    }
    for name in _TO_UV:
        if value := environment.get(f"PIP_{name.replace('-', '_').upper()}"):
            settings[name] = value
    return {name: value for name, value in settings.items() if value}


def _files(environment: Mapping[str, str], prefix: Path) -> list[Path]:
    chosen = environment.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return []
    site = [
        Path(folder) / "pip/pip.conf" for folder in _split(environment.get("XDG_CONFIG_DIRS") or "/etc/xdg")
    ]
    files = [*site, Path("/etc/pip.conf")]
    home = environment.get("HOME")
    if home and not (chosen and Path(chosen).exists()):
        configuration = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
        files += [Path(home) / ".pip/pip.conf", Path(configuration) / "pip/pip.conf"]
    files.append(prefix / "pip.conf")
    return [*files, Path(chosen)] if chosen else files


def _split(paths: str) -> list[str]:
    return [path for path in paths.split(":") if path]


def _read(path: Path) -> dict[str, list[tuple[str, str]]]:
    """The settings of the sections that count; none of a broken file, of which pip itself complains."""
    parser = configparser.RawConfigParser()
    with suppress(OSError, UnicodeDecodeError, configparser.Error):
        parser.read_string(path.read_text("utf-8"))
    return {section: _items(parser, section) for section in ("global", "install")}


def _items(parser: configparser.RawConfigParser, section: str) -> list[tuple[str, str]]:
    items = parser.items(section) if parser.has_section(section) else []
    return [(name.replace("_", "-").removeprefix("--"), value) for name, value in items]
