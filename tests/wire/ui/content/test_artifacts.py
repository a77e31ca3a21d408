"""What OCI clients have pushed, as pages show it: indexes, what refers to others, SBOMs."""

import json

from sregistry_core.testing.oci import OCI_MANIFEST, descriptor, digest_of, index_of
from sregistry_core.testing.sif_files import make_oci_sif


def test_an_index_leads_to_its_manifests(registry, shelf, ada):
    client = shelf.oci(ada)
    one = client.push_artifact("ada/lab/docker", "one", b"one")
    body = client.manifest("ada/lab/docker", "one", headers={"Accept": OCI_MANIFEST}).body
    index = index_of(
        [{**descriptor(body, OCI_MANIFEST), "platform": {"os": "linux", "architecture": "s390x"}}]
    )
    client.push_manifest("ada/lab/docker", "all", index)

    page = shelf.browser().open("/ada/lab/docker:all", status=200)

    assert "OCI index" in page.text
    assert "linux/s390x" in page.text
    assert page.html.find("a", href=f"/ada/lab/docker@{one}")
    assert page.html.find("dd", class_="digest").text == digest_of(index)


def test_what_refers_to_an_image_is_listed_with_it(registry, shelf, ada):
    client = shelf.oci(ada)
    manifest = client.push_sif("ada/lab/blast", "1", shelf.image())
    registry.run_jobs()
    body = client.manifest("ada/lab/blast", "1", headers={"Accept": OCI_MANIFEST}).body
    sbom = client.push_artifact(
        "ada/lab/blast",
        "sbom",
        b"{}",
        layer_type="application/vnd.cyclonedx+json",
        subject=descriptor(body, OCI_MANIFEST),
        artifactType="application/vnd.cyclonedx+json",
    )

    image = shelf.browser().open("/ada/lab/blast:1", status=200)
    artifact = shelf.browser().open(f"/ada/lab/blast@{sbom}", status=200)

    beside = image.html.find("section", attrs={"aria-labelledby": "sbom-title"})
    assert beside.find("a")["href"] == f"/ada/lab/blast@{sbom}"
    assert f"/ada/lab/blast@{sbom}" in str(image.html.find("ul", class_="referrers"))
    assert artifact.html.find("a", href=f"/ada/lab/blast@{manifest}")
    shown = json.loads(image.html.find(id="manifest").text)
    assert shown == json.loads(body)


def test_a_manifest_is_shown_before_any_oci_client_has_asked_for_it(registry, shelf, ada):
    ada.push("ada/lab/blast:1", shelf.image())
    registry.run_jobs()
    before = shelf.browser().open("/ada/lab/blast:1", status=200).html

    body = shelf.oci(ada).manifest("ada/lab/blast", "1").body

    assert json.loads(before.find(id="manifest").text) == json.loads(body)
    section = before.find("section", attrs={"aria-labelledby": "manifest-title"})
    assert section.find("p", class_="digest").text == digest_of(body)


def test_the_packages_of_an_image_are_listed_and_compared(registry, shelf, ada):
    def with_packages(version):
        listed = [{"name": "openssl", "version": version}, {"name": "zlib", "version": "1"}]
        return shelf.image(sbom=json.dumps({"components": listed}).encode())

    ada.push("ada/lab/blast:1", with_packages("3.0"))
    ada.push("ada/lab/blast:2", with_packages("3.1"))
    ada.push("ada/lab/blast:none", make_oci_sif())
    registry.run_jobs()

    address = shelf.browser().open("/ada/lab/blast:1").html.find("a", string="Show the packages")
    page = shelf.browser().open(address["href"], status=200)
    compared = shelf.browser().open("/-/compare?left=ada/lab/blast:1&right=ada/lab/blast:2")
    none = shelf.browser().open("/-/compare?left=ada/lab/blast:1&right=ada/lab/blast:none")

    assert [row.text for row in page.html.find_all("th", scope="row")] == ["openssl", "zlib"]
    section = compared.html.find("section", attrs={"aria-labelledby": "packages-title"})
    assert section.find("th", scope="row").text == "openssl"
    assert "Not both images hold a software bill of materials" in none.text
