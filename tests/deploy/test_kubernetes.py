"""The manifests of deploy/kubernetes are taken, and fit each other and the image."""

import json
import os
import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from sregistry_core.app import Parts
from sregistry_core.db import schema
from sregistry_core.ini import read_ini
from sregistry_core.server.settings import from_ini
from sregistry_core.testing.oci_programs import programs_made_by

HOME = Path(__file__).parents[2]
PLACE = HOME / "deploy/kubernetes"
DOCKERFILE = (HOME / "deploy/docker/Dockerfile").read_text(encoding="utf-8")
KUSTOMIZATION = yaml.safe_load((PLACE / "kustomization.yaml").read_text(encoding="utf-8"))
# The oldest that somebody may still run with updates, and a newer one.
VERSIONS = ("1.31", "1.34")
INI = HOME / "deploy/docker/registry.ini"


def documents(name):
    return list(yaml.safe_load_all((PLACE / name).read_text(encoding="utf-8")))


MANIFESTS = [document for name in KUSTOMIZATION["resources"] for document in documents(name)]
SECRET = documents("secret.example.yaml")[0]
NAMES = [f"{one['kind']} {one['metadata']['name']}" for one in [*MANIFESTS, SECRET]]


def of_kind(*kinds):
    return [one for one in MANIFESTS if one["kind"] in kinds]


def named(kind, name):
    found = [one for one in [*MANIFESTS, SECRET] if one["kind"] == kind]
    return next(one for one in found if one["metadata"]["name"] == name)


WORKLOADS = of_kind("Deployment", "Job")


def container(workload):
    (only,) = workload["spec"]["template"]["spec"]["containers"]
    return only


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", [*MANIFESTS, SECRET], ids=NAMES)
def test_kubernetes_takes_it(manifest, version):
    kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_field_would_be_found():
    web = json.loads(json.dumps(named("Deployment", "sregistry-web")))
    container(web)["readynessProbe"] = container(web).pop("readinessProbe")

    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        kubernetes_validate.validate(web, VERSIONS[0], strict=True)


def test_every_manifest_is_in_the_kustomization():
    there = {path.name for path in PLACE.glob("*.yaml")}

    assert there == {*KUSTOMIZATION["resources"], "kustomization.yaml", "secret.example.yaml"}


@pytest.fixture(scope="module")
def kustomize():
    """Builds a kustomization as `kubectl apply --kustomize` does, with the real program."""
    program = programs_made_by(HOME / "tests/components/unstable-programs.sh") / "kustomize"

    def build(place):
        done = subprocess.run([program, "build", place], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        built = list(yaml.safe_load_all(done.stdout))
        for manifest in built:
            for version in VERSIONS:
                kubernetes_validate.validate(manifest, version, strict=True)
        return {(one["kind"], one["metadata"]["name"]): one for one in built}

    return build


def test_the_kustomization_is_built(kustomize):
    built = kustomize(PLACE)

    assert built.keys() == {(one["kind"], one["metadata"]["name"]) for one in MANIFESTS}
    for one in built.values():
        assert one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "sregistry"
    for workload in WORKLOADS:
        made = built[workload["kind"], workload["metadata"]["name"]]
        assert container(made)["image"] == "registry.example.org/sregistry-core:latest"
        # A selector cannot be changed later: labels of the kustomization are not in it.
        assert made["spec"].get("selector") == workload["spec"].get("selector")


def test_an_overlay_of_a_site_changes_what_it_says(kustomize, tmp_path):
    patch = {
        "target": {"kind": "ConfigMap", "name": "sregistry"},
        "patch": json.dumps([{"op": "replace", "path": "/data/SREGISTRY_NAME", "value": "Lab"}]),
    }
    overlay = {
        "namespace": "lab",
        "resources": [os.path.relpath(PLACE, tmp_path.resolve())],
        "images": [{"name": "registry.example.org/sregistry-core", "newName": "lab/registry"}],
        "replicas": [{"name": "sregistry-web", "count": 5}],
        "patches": [patch],
    }
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))

    built = kustomize(tmp_path)

    assert {one["metadata"]["namespace"] for one in built.values()} == {"lab"}
    web = built["Deployment", "sregistry-web"]
    assert (web["spec"]["replicas"], container(web)["image"]) == (5, "lab/registry:latest")
    assert built["ConfigMap", "sregistry"]["data"]["SREGISTRY_NAME"] == "Lab"


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda one: one["metadata"]["name"])
def test_nothing_runs_as_root_or_without_limits(workload):
    pod, only = workload["spec"]["template"]["spec"], container(workload)
    uid = int(re.search(r"^USER (\d+):\1$", DOCKERFILE, re.MULTILINE)[1])

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == uid
    assert only["securityContext"]["readOnlyRootFilesystem"] is True
    assert only["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert only["securityContext"]["allowPrivilegeEscalation"] is False
    assert only["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in only["resources"]["limits"]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda one: one["metadata"]["name"])
def test_a_workload_names_what_there_is(workload):
    pod, only = workload["spec"]["template"]["spec"], container(workload)
    (volume,) = pod["volumes"]
    (mount,) = only["volumeMounts"]

    assert named("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
    assert mount["name"] == volume["name"]
    assert f"VOLUME {mount['mountPath']}\n" in DOCKERFILE
    assert only["image"] == KUSTOMIZATION["images"][0]["name"]
    assert [one[kind]["name"] for one in only["envFrom"] for kind in one] == ["sregistry"] * 2
    labels = workload["spec"]["template"]["metadata"]["labels"]
    if "selector" in workload["spec"]:
        assert workload["spec"]["selector"]["matchLabels"] == labels


def test_commands_are_those_of_the_image():
    commands = {one["metadata"]["name"]: container(one) for one in WORKLOADS}

    assert 'ENTRYPOINT ["/usr/bin/tini", "--", "sregistry-admin"]' in DOCKERFILE
    assert commands["sregistry-web"]["args"] == ["serve"]
    assert commands["sregistry-worker"]["args"] == ["worker"]
    assert commands["sregistry-prepare"]["command"] == ["/usr/bin/tini", "--", "prepare"]
    assert "deploy/docker/prepare" in DOCKERFILE


def test_requests_find_their_way_to_web_servers_that_are_ready():
    web, service = named("Deployment", "sregistry-web"), named("Service", "sregistry-web")
    only = container(web)
    (port,) = only["ports"]
    rule = named("Ingress", "sregistry")["spec"]["rules"][0]["http"]["paths"][0]["backend"]

    assert f"EXPOSE {port['containerPort']}\n" in DOCKERFILE
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert rule["service"]["name"] == service["metadata"]["name"]
    assert rule["service"]["port"]["name"] == service["spec"]["ports"][0]["name"]
    assert only["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}
    assert only["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert web["spec"]["replicas"] > 1
    for one in [service, *of_kind("PodDisruptionBudget")]:
        selector = one["spec"]["selector"]
        labels = selector.get("matchLabels", selector)
        assert any(work["spec"]["template"]["metadata"]["labels"] == labels for work in WORKLOADS)


def test_the_ingress_lets_bodies_of_any_size_through():
    annotations = named("Ingress", "sregistry")["metadata"]["annotations"]

    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "0"
    assert annotations["nginx.ingress.kubernetes.io/proxy-request-buffering"] == "off"


def test_the_ini_file_of_the_image_starts_with_the_settings_and_the_secret(tmp_path, postgresql):
    uses = set(re.findall(r"\$\{([A-Z0-9_]+)", INI.read_text(encoding="utf-8")))
    uses |= set(re.findall(r"_env = ([A-Z0-9_]+)", INI.read_text(encoding="utf-8")))
    environ = {**named("ConfigMap", "sregistry")["data"], **SECRET["stringData"]}

    assert set(environ) - uses <= {
        "SREGISTRY_ID",
        "SREGISTRY_PUBLIC_URL",
        "SREGISTRY_ADMIN_PASSWORD",
    }
    environ["SREGISTRY_DATABASE"] = postgresql.make_database()
    environ["SREGISTRY_DATA"] = str(tmp_path)
    (tmp_path / "production.ini").write_text((HOME / "production.ini").read_text())
    (tmp_path / "registry.ini").write_text(INI.read_text())
    ini = read_ini(tmp_path / "registry.ini", environ)
    parts = Parts.open(ini.app, here=ini.here, environ=environ)
    try:
        schema.upgrade(parts.database.writing)
        assert parts.settings.public_url == environ["SREGISTRY_PUBLIC_URL"]
        assert list(parts.plugins.storages) == ["objects"]
        server = from_ini(ini.server)
        grace = named("Deployment", "sregistry-web")["spec"]["template"]["spec"]
        assert server.grace.total_seconds() < grace["terminationGracePeriodSeconds"]
        assert server.trusted_proxy == "*"
        assert server.body_files is None
    finally:
        parts.close()
