"""Uploads from a real browser behind nginx: with scripts, as one form, and refused."""

import hashlib
import os

import pytest

from sregistry_core.names import CollectionName, ImageName
from sregistry_core.testing.sif_files import make_sif

MIB = 1 << 20


@pytest.fixture(scope="module")
def shelf(site):
    """A collection of ada."""
    with site.registry.services() as services:
        name = CollectionName("ada", "browser")
        services.catalog.create_collection(services.catalog.entity("ada"), name.collection)
    return str(name)


def image_file(folder, size):
    content = make_sif() + os.urandom(size)
    path = folder / "image.sif"
    path.write_bytes(content)
    return path, f"sha256:{hashlib.sha256(content).hexdigest()}"


def resolved(site, name):
    with site.registry.services() as services:
        return services.images.resolve(ImageName.parse(name, home="tacc")).digest


def fill(page, name, path):
    page.get_by_label("Name").fill(name)
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Upload").click()


def test_a_script_sends_an_image_in_pieces(site, shelf, visit, tmp_path):
    path, digest = image_file(tmp_path, 20 * MIB)
    ada = visit(site.front, "ada")
    page = ada.open(f"/-/upload?to={shelf}")

    fill(page, f"{shelf}/in-pieces", path)
    page.get_by_text("Uploaded:").wait_for(timeout=60_000)

    assert resolved(site, f"{shelf}/in-pieces:latest") == digest
    ada.check()


def test_a_form_without_scripts_is_written_to_the_disk_once(site, shelf, visit, tmp_path):
    path, digest = image_file(tmp_path, 20 * MIB)
    ada = visit(site.front, "ada", scripts=False)
    page = ada.open(f"/-/upload?to={shelf}")

    fill(page, f"{shelf}/by-form", path)
    page.wait_for_url("**/by-form:latest?done=uploaded")

    assert page.get_by_text("The image is uploaded.").is_visible()
    assert resolved(site, f"{shelf}/by-form:latest") == digest


def test_who_is_signed_out_by_now_is_led_to_signing_in_and_back(site, shelf, visit, tmp_path):
    path, _ = image_file(tmp_path, MIB)
    ada = visit(site.front, "ada", scripts=False)
    page = ada.open(f"/-/upload?to={shelf}")
    ada.context.clear_cookies()

    fill(page, f"{shelf}/refused", path)
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("alert").filter(has_text="Choose the file once more.").wait_for()
    assert page.get_by_role("heading", name="Upload an image").is_visible()


def test_a_form_of_a_session_before_is_refused_with_a_page(site, shelf, visit, tmp_path):
    path, _ = image_file(tmp_path, MIB)
    ada = visit(site.front, "ada", scripts=False)
    page = ada.open(f"/-/upload?to={shelf}")
    ada.context.clear_cookies()
    other = ada.context.new_page()
    other.goto("/auth/sign-in")
    other.get_by_label("Name").fill("ada")
    other.get_by_label("Password").fill("correct horse battery")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url(lambda address: "/auth/sign-in" not in address)

    fill(page, f"{shelf}/refused", path)

    page.get_by_role("alert").filter(has_text="too old").wait_for()
    assert page.get_by_label("File").is_visible()
    assert not ada.overflow()
