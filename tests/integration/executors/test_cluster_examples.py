"""The files of docs/examples/cluster: what can be checked of them without the machines that they are for."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import program

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "cluster"
PAGE = EXAMPLES.parents[1] / "how-to" / "build-on-a-cluster.rst"


def leaves(tree: object, before: str = "") -> list[str]:
    """The dotted names of all values in a tree of mappings."""
    if not isinstance(tree, dict):
        return [before]
    return [leaf for name, value in tree.items() for leaf in leaves(value, f"{before}.{name}".strip("."))]


def commands() -> dict[str, list[str]]:
    """The arguments of Dask's programs in the examples, by the program and the file."""
    found: dict[str, list[str]] = {}
    for path in EXAMPLES.glob("*.service"):
        unit = path.read_text("utf-8").replace("\\\n", " ")
        words = shlex.split(re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1])
        found[f"{words[1]} of {path.name}"] = words[2:]
    import yaml

    for document in yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text("utf-8")):
        for part in ("worker", "scheduler"):
            if document["kind"] == "DaskCluster":
                (container,) = document["spec"][part]["spec"]["containers"]
                found[f"{part} of kubernetes.yaml"] = container["args"][2:]
    for document in yaml.safe_load_all((EXAMPLES / "kubernetes-sandbox.yaml").read_text("utf-8")):
        if document["kind"] == "Deployment":
            (container,) = document["spec"]["template"]["spec"]["containers"]
            found[f"{container['args'][1]} of kubernetes-sandbox.yaml"] = container["args"][2:]
    script = (EXAMPLES / "dask-ssh.sh").read_text("utf-8").replace("\\\n", " ")
    found["ssh of dask-ssh.sh"] = shlex.split(re.search(r"^exec (.*)$", script, re.MULTILINE)[1])[1:]
    return found


@pytest.mark.parametrize("name", ["worker", "scheduler", "ssh"])
def test_commands_have_only_flags_that_dask_knows(name: str) -> None:
    import importlib

    main = importlib.import_module(f"distributed.cli.dask_{name}").main
    known = {flag for parameter in main.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    mine = {key: words for key, words in commands().items() if key.startswith(f"{name} ")}
    assert mine
    for key, words in mine.items():
        assert {word for word in words if word.startswith("--")} <= known, key


@pytest.mark.parametrize("name", ["dask-ssh.sh", "dask-scheduler.service", "dask-worker.service"])
def test_commands_are_programs_that_are_there(name: str) -> None:
    text = (EXAMPLES / name).read_text("utf-8")
    command, subcommand = re.search(r"/opt/sdistmaker/bin/(dask\S*) (\S+)", text).groups()
    done = subprocess.run(
        [program(command), subcommand, "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith(f"Usage: dask {subcommand} ")


def test_a_worker_of_systemd_is_stopped_before_its_processes() -> None:
    # Otherwise it does not say that it is stopped: see DaskCluster.was_stopped.
    assert "\nKillMode=mixed\n" in (EXAMPLES / "dask-worker.service").read_text("utf-8")


def test_units_of_systemd_have_their_sections() -> None:
    for path in EXAMPLES.glob("*.service"):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(path.read_text("utf-8").replace("\\\n", " "))
        assert unit.sections() == ["Unit", "Service", "Install"]
        assert unit["Service"]["User"] == "dask"


def test_the_configuration_for_tls_has_only_keys_that_dask_knows() -> None:
    import dask.config
    import distributed  # noqa: F401  # it adds its keys
    import yaml

    known = set(leaves(dask.config.config))
    names = leaves(yaml.safe_load((EXAMPLES / "tls.yaml").read_text("utf-8")))
    assert len(names) == 8
    assert set(names) <= known


def test_the_objects_for_kubernetes_are_one_cluster_and_who_may_reach_it() -> None:
    import yaml

    cluster, policy = yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text("utf-8"))
    name = cluster["metadata"]["name"]
    assert (cluster["apiVersion"], cluster["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    assert set(cluster["spec"]) == {"worker", "scheduler"}
    assert cluster["spec"]["scheduler"]["service"]["selector"]["dask.org/cluster-name"] == name
    assert policy["spec"]["podSelector"]["matchLabels"] == {"dask.org/cluster-name": name}


def test_the_operator_knows_each_field_of_its_pods() -> None:
    import yaml

    cluster, _ = yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text("utf-8"))
    # kubectl refuses others. hostUsers is one that the schema of the operator 2026.3.0 lacks.
    known = {"automountServiceAccountToken", "containers", "replicas", "volumes"}
    for part in ("worker", "scheduler"):
        assert set(cluster["spec"][part]["spec"]) <= known
    (container,) = cluster["spec"]["worker"]["spec"]["containers"]
    # It may be unmasked only where hostUsers is false.
    assert "procMount" not in container["securityContext"]


def test_pods_of_kubernetes_let_bubblewrap_work() -> None:
    import yaml

    documents = list(yaml.safe_load_all((EXAMPLES / "kubernetes-sandbox.yaml").read_text("utf-8")))
    kinds = [(document["kind"], document["metadata"]["name"]) for document in documents]
    assert kinds == [
        ("Deployment", "sdistmaker-scheduler"),
        ("Service", "sdistmaker-scheduler"),
        ("Deployment", "sdistmaker-worker"),
        ("NetworkPolicy", "sdistmaker"),
    ]
    for document in documents[::2]:
        labels = document["spec"]["template"]["metadata"]["labels"]
        assert document["spec"]["selector"]["matchLabels"] == labels
    assert (
        documents[1]["spec"]["selector"].items()
        <= documents[0]["spec"]["template"]["metadata"]["labels"].items()
    )
    pod = documents[2]["spec"]["template"]["spec"]
    assert pod["hostUsers"] is False
    security = pod["containers"][0]["securityContext"]
    assert (security["procMount"], security["runAsNonRoot"]) == ("Unmasked", True)


def test_the_scheduler_of_slurm_lets_in_nobody_else() -> None:
    tree = ast.parse((EXAMPLES / "slurm.py").read_text("utf-8"))
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    (made,) = [call for call in calls if getattr(call.func, "id", "") == "SLURMCluster"]
    assert {"security", "shared_temp_directory"} <= {keyword.arg for keyword in made.keywords}


def test_scripts_can_be_read() -> None:
    subprocess.run(["sh", "-n", EXAMPLES / "dask-ssh.sh"], check=True)
    ast.parse((EXAMPLES / "slurm.py").read_text("utf-8"))


def test_the_page_names_every_file() -> None:
    text = PAGE.read_text("utf-8")
    assert not [path.name for path in EXAMPLES.iterdir() if f"/cluster/{path.name}>" not in text]
