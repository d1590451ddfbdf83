#!/usr/bin/env python3
"""Check a report as a plug-in of Nagios, Icinga and the like: a line, and the status 0, 1, 2 or 3.

    check_packages.py /srv/packages/report.json [SECONDS]

It is critical if the report is older than SECONDS (3600), or if a repository could not be read.
"""

import json
import sys
import time
from pathlib import Path

NAMES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def verdict(report: dict, age: float, limit: float) -> tuple:
    """The status, and what is to be said."""
    if age > limit:
        return 2, f"no run has made a report for {age / 60:.0f} minutes"
    if report["errors"]:
        return 2, report["errors"][0]
    failing = report["failed"] + report["still_failing"]
    if failing:
        first = failing[0]
        name = f"{first['project']} {first['tag']}"
        return 1, f"tags that do not build: {len(failing)}, such as {name}: {first['reason']}"
    if report["exit_status"]:
        return 1, "; ".join(report["warnings"]) or f"the last run ended with {report['exit_status']}"
    return 0, f"{report['releases']} releases of {report['projects']} projects"


def main() -> int:
    """Print the line; the status."""
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else 3600
    try:
        path = Path(sys.argv[1])
        report = json.loads(path.read_text("utf-8"))
        status, text = verdict(report, time.time() - path.stat().st_mtime, limit)
    except (OSError, ValueError, LookupError, TypeError) as error:
        status, text = 3, f"{type(error).__name__}: {error}"
    print(f"PACKAGES {NAMES[status]} - {text}".replace("|", "/").splitlines()[0])
    return status


if __name__ == "__main__":
    sys.exit(main())
