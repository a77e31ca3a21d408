"""What `remote add`, `login`, `status` and `get-login-password` ask."""

import pytest


def test_every_service_is_found_at_the_public_address(stranger):
    services = stranger.get("/assets/config/config.prod.json", status=200).json

    assert set(services) >= {"libraryAPI", "keystoreAPI", "tokenAPI"}
    # Older clients break on a value that is no object.
    assert all(set(service) == {"uri"} for service in services.values())
    assert services["libraryAPI"]["uri"] == "http://registry.test"


def test_the_version_is_what_makes_clients_push_in_parts_and_tag_by_architecture(stranger):
    data = stranger.get("/version", status=200).json["data"]

    assert data["apiVersion"] == "2.0.0-alpha.2"
    assert data["version"]


def test_a_good_token_is_confirmed(ada):
    ada.get("/v1/token-status", status=200)


@pytest.mark.parametrize("shown", ["Bearer wrong", "Bearer", ""])
def test_a_bad_token_is_answered_so_that_the_client_says_invalid_credentials(stranger, shown):
    stranger.get("/v1/token-status", headers={"Authorization": shown}, status=404)


def test_the_user_is_shown_without_an_envelope(ada):
    shown = ada.get("/v1/rbac/users/current", status=200).json

    assert shown["username"] == "ada"
    assert shown["email"] == "ada@example.org"
    assert shown["oidc_user_meta"]["secret"] == ada.token


def test_nobody_is_told_to_log_in(stranger):
    stranger.get("/v1/rbac/users/current", headers={"Authorization": "Bearer "}, status=401)


def test_tokens_are_long_enough_for_a_token_file(ada):
    assert len(ada.token) >= 200


def test_a_post_to_what_is_only_read_is_refused_in_the_client_s_words(ada):
    assert ada.post("/v1/token-status", {}, status=404).json["error"]["code"] == 404
