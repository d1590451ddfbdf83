#!/bin/sh
# Copy the index to another machine, so that its readers never see a page that names a missing file.
#
#     rsync.sh /srv/packages/index mirror.example.com:/srv/packages/index
set -eu
from=${1%/} to=${2%/}

# No run changes the index meanwhile.
exec 9>>"$from-state/lock"
flock 9

# Archives first. Folders of private names come with them.
rsync -aH --exclude='*.html' --exclude='*.json' --exclude='*.atom' "$from/" "$to/"
# Then the pages of projects.
rsync -aH --exclude='/*.html' --exclude='/*.json' --exclude='/*.atom' "$from/" "$to/"
# Then the pages of the root. What no page names any more is deleted at the end.
rsync -aH --delete-after "$from/" "$to/"
