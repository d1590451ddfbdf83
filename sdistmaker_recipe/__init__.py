"""Turn the release tags of a repository into a private package index.

The map of this folder, from the outside in; imports run one way, downwards.

Doors: the outside in, errors out in the outside's own form.

* ``recipe``: the zc.buildout recipe, with ``part_script`` the only importer of zc but for one constant.
* ``part_script``: the script of a part, and which distributions it runs with.
* ``scripts``: what scripts call and buildout loads, which imports the rest.
* ``command``: ``sdists_from_tags`` and ``make_sdist``; arguments, logging, exit status.
* ``schedules``: hook, crontab line and systemd units that start the script by themselves, as text.
* ``defaults``: the documented defaults file that ``--print-example-defaults`` prints.
* ``console``: what the doors share; progress as lines or a bar, and what a run needs of the environment.

The flow, on one page.

* ``engine``: opens the parts, then scan, plan, build, publish, report.
* ``selection``: its beginning; what can have changed since the last run.
* ``production``: its second half; what the plan says is done.
* ``jobs``: the middle; tags become jobs, and those go to an executor.
* ``batches``: its end; what is built is published, some at a time.
* ``life``: what becomes of releases whose tags were deleted, came back or moved.
* ``renewal``: the releases of a repository that has another UUID than before.
* ``opening``: before it; the lock and the catalog, which is given up where it is damaged.
* ``verification``: all of the index compared with the catalog, and repaired, before the plan.
* ``context``: what the doors tell of the world outside.
* ``scratch``: the folder that a run works in.

Stages: one verb each. They exchange values of ``model`` and never import one another.

* ``stages.scan``: find each tag of a repository that names a release, or what became of those since.
* ``stages.adopt``: take over archives of the index that the catalog does not know.
* ``stages.plan``: pure; tags and catalog in, what to build and what to skip out.
* ``stages.build``: one job in, ``Built`` or ``Failed`` out, wherever it runs.
* ``stages.publish``: archives, catalog, server configuration, in an order safe for readers.
* ``stages.present``: the pages of what is published, for programs and for people.
* ``stages.withdraw``: which tags were deleted; remove the files of what is published no more.
* ``stages.report``: pure; outcomes in, text, JSON and exit status out.

Below them, what more than one of them knows.

* ``lookers``: many folders looked at by several connections.
* ``last_scan``: what the last scan saw, in the catalog.
* ``withdrawals``: which releases are withdrawn or on their way out, in the catalog.
* ``private_names``: which names are private, in the catalog and as folders of the index.
* ``archives``: what an archive of the index says of itself, and which release it is.
* ``other_names``: names that archives had in the index before us.
* ``recognition``: the tags of releases that were taken over without one.
* ``projects``: what a folder of a repository is: a project, its tags, or a folder to look into.

Parts: one seam a folder.

* ``vcs``: the ``Repository`` protocol and its backends.
* ``toolchain``: build environments, the ladder of toolchains, warm workers, sandbox, repacking.
* ``executors``: where jobs run; ``concurrent.futures.Executor`` is the interface.
* ``index``: layout, pages for programs and for people (pure), the published folder (store).
* ``catalog``: SQLite; releases published, failures remembered, toolchains that worked.
* ``webserver``: server configuration as pure text.
* ``watch``: asks the public index whether it has projects of our names.
* ``example``: the embedded example repository.

Ground: known by all, knows nobody.

* ``configuration``: a mapping in, a frozen ``Configuration`` or every problem at once out.
* ``option_types``: what an option's value may be, one parser a kind.
* ``names``: names of projects and versions, normalised and compared.
* ``model``: the frozen values that travel between the stages.
* ``errors``: ``SdistmakerError`` and its few children.
"""

__version__ = "2.0.dev0"
