"""Keep the code and the files of a tag from doing harm.

* ``sandbox``: run builds in bubblewrap. ``seccomp``: the system calls that it refuses.
* ``untrusted_process``: run a program with a time limit. ``orphans``: end the processes that it left behind.
* ``untrusted_files``: read and write files that may be links to anywhere.
* ``deadline``: the time that a build may take. ``cpu_time_limit``: the time that this process may compute.
* ``memory``: how much memory there is.
"""
