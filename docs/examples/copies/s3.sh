#!/bin/sh
# Copy the index to a bucket of S3, so that its readers never see a page that names a missing file.
#
#     s3.sh /srv/packages/index s3://packages.example.com
set -eu
from=${1%/} to=${2%/}

# No run changes the index meanwhile.
exec 9>>"$from-state/lock"
flock 9

# Archives and their metadata first. They never change, so caches may keep them.
aws s3 sync "$from" "$to" --exclude '*' --include '*.tar.gz' --include '*.zip' --include '*.whl' \
    --include '*.metadata' --cache-control 'max-age=31536000, immutable'
# Then the style sheets, the script and the logo, which change with an upgrade.
aws s3 sync "$from" "$to" --exclude '*.html' --exclude '*.json' --exclude '*.atom' \
    --cache-control no-cache
# Then the pages of projects. In these patterns * matches / too.
aws s3 sync "$from" "$to" --exclude '*' --include '*/*.html' --include '*/*.json' \
    --cache-control no-cache
# Then the pages of the root.
aws s3 sync "$from" "$to" --exclude '*' --include '*.html' --include '*.json' --include '*.atom' \
    --cache-control no-cache
# What no page names any more is deleted at the end.
aws s3 sync "$from" "$to" --delete
