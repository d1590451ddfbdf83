#!/bin/sh
# Run sdists_from_tags with these arguments, and keep its report for programs that watch it.
#
#     REPORT=/srv/packages/report.json keep_report.sh bin/sdists_from_tags --wait 600
set -u
"$@" --json >"$REPORT.new"
status=$?
# A run that ended with an error has no report. Then the old one stays, and grows old.
if [ -s "$REPORT.new" ]; then
    mv "$REPORT.new" "$REPORT"
else
    rm -f "$REPORT.new"
fi
exit $status
