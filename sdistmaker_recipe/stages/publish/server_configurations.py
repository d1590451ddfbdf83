"""The configuration files of web servers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.errors import ConfigurationError, Problem
from sdistmaker_recipe.index.atomic_files import write_text
from sdistmaker_recipe.webserver.apache import apache_config
from sdistmaker_recipe.webserver.settings import ServerSettings


def server_configurations(configuration: Configuration, public_index: str) -> dict[Path, str]:
    """The text for each web server, by the path of its file.

    Raises ``ConfigurationError`` with all problems if options do not make a configuration.
    """
    settings = ServerSettings(
        index=configuration.destination,
        url_path=configuration.url_path,
        public_index=public_index,
        reserved=configuration.reserved,
        public=configuration.public,
        auth_file=configuration.auth_file,
        require=configuration.require,
        certificates=configuration.public_certificates,
        index_url=configuration.index_url,
    )
    makers = [(configuration.apache_config, apache_config)]
    if configuration.nginx_config is not None:
        # Most runs do not need this import.
        from sdistmaker_recipe.webserver.nginx import nginx_config

        makers.append((configuration.nginx_config, nginx_config))
    texts: dict[Path, str] = {}
    problems: list[Problem] = []
    for path, make in makers:
        try:
            texts[path] = make(settings)
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(list(dict.fromkeys(problems)))
    return texts


def write_server_configurations(texts: Mapping[Path, str]) -> None:
    """Write the texts of ``server_configurations``; raises ``StoreError``."""
    for path, text in texts.items():
        write_text(path, text)
