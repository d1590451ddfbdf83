from from_hatch_vcs._version import version as version
