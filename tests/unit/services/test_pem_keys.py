"""Signatures by PEM keys, and the keys that the ini file names."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sregistry_core.errors import ConfigurationError
from sregistry_core.models import ImageSignature
from sregistry_core.testing.signed_sif import flipped, sign_sif_with_pem

from .signed_images import PLAIN, found, worth


def write_public(path, key):
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def write_certificate(path, key, lifetime):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Release")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + lifetime)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


@pytest.fixture(
    params=[
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa", "p256", "p384", "ed25519"],
)
def pem_key(request):
    return request.param()


def test_a_trusted_pem_key_verifies(make_registry, tmp_path, pem_key):
    write_public(tmp_path / "release.pem", pem_key)
    registry = make_registry(verify_keys=str(tmp_path))

    told = worth(registry, registry.user("ada"), sign_sif_with_pem(PLAIN, pem_key))

    assert told == ("verified", [("verified", None)])
    with registry.parts.unit()() as services:
        row = services.db.query(ImageSignature).one()
        assert (row.format, row.signer, len(row.fingerprint)) == ("dsse", "release.pem", 64)


def test_another_pem_key_does_not(make_registry, tmp_path, pem_key):
    write_public(tmp_path / "other.pem", ec.generate_private_key(ec.SECP256R1()))
    registry = make_registry(verify_keys=str(tmp_path))

    told, signatures = worth(registry, registry.user("ada"), sign_sif_with_pem(PLAIN, pem_key))

    assert told == "unknown_key"
    assert signatures[0][1] == "none of the keys in sregistry.verify_keys has made it"


def test_what_a_pem_key_has_signed_is_compared_too(make_registry, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    write_public(tmp_path / "release.pem", key)
    registry = make_registry(verify_keys=str(tmp_path))
    image = flipped(sign_sif_with_pem(PLAIN, key), PLAIN.index(b"no file"))

    assert worth(registry, registry.user("ada"), image)[0] == "bad"


def test_a_certificate_counts_until_it_expires(make_registry, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    file = write_certificate(tmp_path / "release.crt", key, timedelta(days=1))
    registry = make_registry(verify_keys=str(file))
    told, _ = worth(registry, registry.user("ada"), sign_sif_with_pem(PLAIN, key))
    assert told == "verified"
    registry.parts.jobs.look_for_work()
    registry.clock.move(timedelta(days=2))

    registry.parts.jobs.look_for_work()
    registry.run_jobs()

    assert found(registry)[1][0][0] == "expired_key"


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN PUBLIC KEY-----\nAAAA\n"])
def test_a_file_without_a_key_stops_the_start(make_registry, tmp_path, content):
    (tmp_path / "bad.pem").write_bytes(content)

    with pytest.raises(ConfigurationError, match=r"sregistry.verify_keys: .*bad.pem is no PEM"):
        make_registry(verify_keys=str(tmp_path))
    with pytest.raises(ConfigurationError, match="No such file"):
        make_registry(verify_keys=str(tmp_path / "none.pem"))
