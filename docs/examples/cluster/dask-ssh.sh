#!/bin/sh
# Start a scheduler on the first machine and a worker on all of them, by ssh; Ctrl-C ends them all.
# Each machine has the environment /opt/sdistmaker with sdistmaker_recipe[dask], and lets you in by a key.
# The machine that runs this script needs the package paramiko in its environment too, and all local folders.
set -e
exec /opt/sdistmaker/bin/dask ssh \
    --remote-python /opt/sdistmaker/bin/python \
    --nthreads 8 \
    --local-directory /var/tmp \
    build1.example.com build2.example.com build3.example.com
