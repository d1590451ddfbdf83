"""Jobs on the workers of a Dask cluster, behind the interface of ``concurrent.futures``.

Dask moves the jobs, and this executor decides which worker gets which one. So it knows who was at work when
a worker is lost, and can leave out workers that cannot do a job.

* ``executor``: the executor; it knows nothing of Dask.
* ``assignment``: which worker gets which job, and whom a lost worker is blamed on. Pure.
* ``roster``: the workers that are there, and which of them can build.
* ``cluster``: the cluster as the executor sees it, through ``distributed.Client``; imports Dask.
* ``site``: what a worker keeps for a run: a folder, and processes of its own that do the jobs.
* ``messages``: the values that travel between the two.
"""
