"""The frozen values that the stages exchange. Every name of the modules below is importable from here.

* ``tags``: a release tag, as a scan finds it.
* ``builds``: a job to build a tag, and its outcome.
* ``releases``: what is published of a tag, and what becomes of it.
* ``plans``: what a run will do.
* ``site``: what the pages of an index share.
* ``reports``: what a run did.

Only plain values cross a process border: a job names a repository's URL, a path and a revision, never an
open handle.
"""

from sdistmaker_recipe.model.builds import (
    Attempt,
    BuildJob,
    BuildSettings,
    Built,
    BuiltWheel,
    Failed,
    NoWheel,
    Outcome,
    ProjectDetails,
    RepositorySettings,
    WheelJob,
    WheelOutcome,
)
from sdistmaker_recipe.model.plans import Failure, KnownFailure, Plan, Skipped
from sdistmaker_recipe.model.releases import ADOPTED, MissingWheel, Release, ReleaseChange, ReleaseFile
from sdistmaker_recipe.model.reports import (
    Adopted,
    Adoption,
    IndexProblem,
    NotAdopted,
    Published,
    Rejected,
    Report,
    TagResult,
    Verification,
    WheelResult,
    WorkerUse,
)
from sdistmaker_recipe.model.site import (
    ARCHIVE_SUFFIXES,
    PROJECT_PAGES_PATTERN,
    ROOT_NAMES,
    ListedProject,
    Logo,
    ProjectStatus,
    Site,
)
from sdistmaker_recipe.model.tags import (
    TAGS,
    Tag,
    is_same_place,
    origin_range,
    path_in_repository,
    project_and_path,
    project_name,
    project_origin,
    repository_of,
    split_tag_path,
    tag_origin,
    tag_path,
)

__all__ = [
    "ADOPTED",
    "ARCHIVE_SUFFIXES",
    "PROJECT_PAGES_PATTERN",
    "ROOT_NAMES",
    "TAGS",
    "Adopted",
    "Adoption",
    "Attempt",
    "BuildJob",
    "BuildSettings",
    "Built",
    "BuiltWheel",
    "Failed",
    "Failure",
    "IndexProblem",
    "KnownFailure",
    "ListedProject",
    "Logo",
    "MissingWheel",
    "NoWheel",
    "NotAdopted",
    "Outcome",
    "Plan",
    "ProjectDetails",
    "ProjectStatus",
    "Published",
    "Rejected",
    "Release",
    "ReleaseChange",
    "ReleaseFile",
    "Report",
    "RepositorySettings",
    "Site",
    "Skipped",
    "Tag",
    "TagResult",
    "Verification",
    "WheelJob",
    "WheelOutcome",
    "WheelResult",
    "WorkerUse",
    "is_same_place",
    "origin_range",
    "path_in_repository",
    "project_and_path",
    "project_name",
    "project_origin",
    "repository_of",
    "split_tag_path",
    "tag_origin",
    "tag_path",
]
