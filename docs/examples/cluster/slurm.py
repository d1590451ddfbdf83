"""Run sdists_from_tags on workers that SLURM starts, and give the nodes back at the end.

Start it where sbatch is, with a Python that has sdistmaker_recipe[dask] and dask-jobqueue. Its arguments are
those of sdists_from_tags: python slurm.py --repository URL --destination FOLDER
"""

import subprocess
import sys
from pathlib import Path

NODES = 4
CORES = 16


def main() -> int:
    """Start the cluster, wait for a first worker, and run the command; its exit status."""
    from dask_jobqueue import SLURMCluster
    from distributed import Client

    with SLURMCluster(
        queue="build",
        cores=CORES,
        processes=1,
        memory="32GB",
        walltime="04:00:00",
        local_directory="/tmp",
        python=sys.executable,
    ) as cluster:
        cluster.scale(NODES)
        with Client(cluster) as client:
            client.wait_for_workers(1)
        command = [str(Path(sys.executable).with_name("sdists_from_tags")), *sys.argv[1:]]
        where = ["--executor", "dask", "--scheduler", cluster.scheduler_address]
        return subprocess.run([*command, *where], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
