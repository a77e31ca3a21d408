"""Secrets of builds by the API: set, listed by name, forgotten, and never shown."""

SECRETS = "/api/v1/collections/ada/lab/build-secrets"
VALUE = "what only builds may know"


def test_a_secret_is_set_listed_without_its_value_and_forgotten(ada, bob):
    ada.post("/api/v1/collections", {"entity": "ada", "collection": "lab"}, status=201)
    assert ada.get(SECRETS, status=200).json["items"] == []

    made = ada.put(f"{SECRETS}/TOKEN", {"value": VALUE}, status=200).json
    assert made["name"] == "TOKEN"
    ada.put(f"{SECRETS}/LICENCE", {"value": VALUE}, status=200)

    listed = ada.get(SECRETS, status=200)
    assert [one["name"] for one in listed.json["items"]] == ["LICENCE", "TOKEN"]
    assert VALUE not in listed.text
    bob.get(SECRETS, status=403)
    bob.put(f"{SECRETS}/TOKEN", {"value": VALUE}, status=403)
    ada.put(f"{SECRETS}/PATH", {"value": VALUE}, status=400)
    ada.put(f"{SECRETS}/TOKEN", {"value": "short"}, status=400)
    ada.put(f"{SECRETS}/TOKEN", {}, status=400)

    ada.delete(f"{SECRETS}/TOKEN", status=204)
    ada.delete(f"{SECRETS}/TOKEN", status=404)
    assert [one["name"] for one in ada.get(SECRETS).json["items"]] == ["LICENCE"]
