"""Run sdists_from_tags on workers that SLURM starts, and give the nodes back at the end.

Start it where sbatch is, with a Python that has sdistmaker_recipe[dask], dask-jobqueue and cryptography. Its
arguments are those of sdists_from_tags: python slurm.py --repository URL --destination FOLDER
"""

import os
import subprocess
import sys
from pathlib import Path

NODES = 4
CORES = 16
SHARED_FOLDER = "~"
"""A folder that this machine and all nodes see. Certificates are there meanwhile, which only you can read."""


def main() -> int:
    """Start the cluster, wait for a first worker, and run the command; its exit status."""
    from dask_jobqueue import SLURMCluster
    from distributed import Client, Security

    # Without TLS every user of these machines could run code as you.
    security = Security.temporary()
    with SLURMCluster(
        queue="build",
        cores=CORES,
        processes=1,
        memory="32GB",
        walltime="04:00:00",
        local_directory="/tmp",
        python=sys.executable,
        security=security,
        shared_temp_directory=SHARED_FOLDER,
        scheduler_options={"dashboard": False, "dashboard_address": ":0"},
    ) as cluster:
        cluster.scale(NODES)
        with Client(cluster) as client:
            client.wait_for_workers(1)
        command = [str(Path(sys.executable).with_name("sdists_from_tags")), *sys.argv[1:]]
        where = ["--executor", "dask", "--scheduler", cluster.scheduler_address]
        tls = security.get_tls_config_for_role("client")
        certificates = {
            "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": tls["ca_file"],
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT": tls["cert"],
            "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY": tls["key"],
        }
        environment = {**os.environ, **certificates}
        return subprocess.run([*command, *where], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
