"""One run from beginning to end: scan, plan, build, publish, report."""
