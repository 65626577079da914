"""Which client suits which server, and how the server's version is asked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mlflow import MlflowClient

from ghosteam.aws import mlflow_version
from ghosteam.aws.mlflow_version import client_mismatch, mismatch, server_version


@pytest.mark.parametrize(
    ("client", "server"),
    [("3.17.2", "3.17.0"), ("3.4.1", "3.17.2"), ("3.17.2rc1", "3.18.dev0"), ("3.17.2", "unknown")],
)
def test_a_server_as_new_as_the_client_suits_it(client: str, server: str) -> None:
    assert mismatch(client, server) is None


@pytest.mark.parametrize(
    ("client", "server"), [("3.17.2", "3.4.0"), ("3.17.2", "2.22.0"), ("2.22.0", "3.1.0")]
)
def test_an_older_server_or_another_major_version_is_named_with_a_remedy(
    client: str, server: str
) -> None:
    found = mismatch(client, server)
    assert found is not None and client in found and server in found
    assert "Upgrade the server" in found and "pin mlflow" in found


def test_a_real_client_knows_where_its_server_is() -> None:
    """What is asked of MLflow's client is there in the version that is pinned."""
    client = MlflowClient(tracking_uri="http://127.0.0.1:9")
    assert client._tracking_client.store.get_host_creds().host == "http://127.0.0.1:9"


def a_client(monkeypatch: pytest.MonkeyPatch, *, status: int, text: str) -> SimpleNamespace:
    def answer(_credentials: object, endpoint: str, method: str, **_: object) -> SimpleNamespace:
        assert (endpoint, method) == ("/version", "GET")
        return SimpleNamespace(status_code=status, text=text)

    monkeypatch.setattr("mlflow.utils.rest_utils.http_request", answer)
    store = SimpleNamespace(get_host_creds=lambda: object())
    return SimpleNamespace(_tracking_client=SimpleNamespace(store=store))


def test_the_server_is_asked_for_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    client = a_client(monkeypatch, status=200, text="1.30.0\n")
    assert server_version(client) == "1.30.0"
    assert "1.30.0" in str(client_mismatch(client))


def test_a_server_that_does_not_say_its_version_is_not_accused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert client_mismatch(a_client(monkeypatch, status=404, text="no")) is None


def test_a_store_that_is_no_server_has_no_version() -> None:
    client = SimpleNamespace(_tracking_client=SimpleNamespace(store=object()))
    assert mlflow_version.server_version(client) is None
