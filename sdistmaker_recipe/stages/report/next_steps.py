"""What to do until the index is set up."""

from __future__ import annotations

from collections.abc import Iterator

from sdistmaker_recipe.configuration.options import Configuration
from sdistmaker_recipe.model import Report
from sdistmaker_recipe.stages.report.text import Line


def next_steps(report: Report, configuration: Configuration) -> list[Line]:
    """How to serve the index and install from it; nothing once the index is set up.

    An index counts as set up when the option index-url says where clients find it. The run that publishes the
    first releases shows the steps in any case.
    """
    added = sum(not published.is_file_kept for published in report.published)
    is_first = bool(added) and report.releases == added
    if report.dry_run or not report.releases or (configuration.index_url and not is_first):
        return []
    return list(_steps(report, configuration))


def _steps(report: Report, configuration: Configuration) -> Iterator[Line]:
    url = configuration.index_url or f"https://YOUR.HOST{configuration.url_path}"
    project = report.published[0].release.name if report.published else "PROJECT"
    yield Line("")
    yield Line("Next step: serve the index. Apache needs this line in a virtual host:", "heading")
    yield Line(f"    Include {configuration.apache_config}")
    if configuration.nginx_config:
        yield Line("or nginx this line in a server block:", "heading")
        yield Line(f"    include {configuration.nginx_config};")
    yield Line("Clients then install from it:", "heading")
    yield Line(f"    pip install --index-url {url.rstrip('/')}/ {project}")
    if not configuration.index_url:
        yield Line("Once clients reach the index, set the option index-url to its URL.", "detail")
        yield Line("Then these steps are no longer printed, and pages show lines to copy.", "detail")
