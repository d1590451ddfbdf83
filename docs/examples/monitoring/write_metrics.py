#!/usr/bin/env python3
"""Write metrics of a report for the textfile collector of Prometheus' node_exporter.

Usage: write_metrics.py /srv/packages/report.json /var/lib/node_exporter/packages.prom
"""

import json
import sys
from pathlib import Path

HELP = {
    "sdists_last_report_timestamp_seconds": "When a run last made a report.",
    "sdists_exit_status": "How that run ended.",
    "sdists_failing_tags": "Tags that do not build, those of earlier runs too.",
    "sdists_unreadable_repositories": "Repositories that could not be read.",
    "sdists_warnings": "Warnings of that run.",
    "sdists_releases": "Releases in the index.",
    "sdists_projects": "Projects in the index.",
}


def metrics(report: dict, time: float) -> dict:
    """The values of all metrics."""
    return {
        "sdists_last_report_timestamp_seconds": time,
        "sdists_exit_status": report["exit_status"],
        "sdists_failing_tags": len(report["failed"]) + len(report["still_failing"]),
        "sdists_unreadable_repositories": len(report["errors"]),
        "sdists_warnings": len(report["warnings"]),
        "sdists_releases": report["releases"],
        "sdists_projects": report["projects"],
    }


def main() -> None:
    """Write the file under another name first, so that nobody reads half of it."""
    report, output = Path(sys.argv[1]), Path(sys.argv[2])
    found = metrics(json.loads(report.read_text("utf-8")), report.stat().st_mtime)
    lines = [
        f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n{name} {value}\n" for name, value in found.items()
    ]
    new = output.with_suffix(".new")
    new.write_text("".join(lines), "utf-8")
    new.replace(output)


if __name__ == "__main__":
    main()
