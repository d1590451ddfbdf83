from from_versioneer._version import get_versions

version = get_versions()["version"]
