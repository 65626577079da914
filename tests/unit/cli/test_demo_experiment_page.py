"""The address that the demo prints opens the problem's experiment in MLflow's pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.demo.summary import experiment_page
from ghosteam.aws.tracking import experiment_name, tracked_run

SERVER = "http://localhost:5000"


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """MLflow's own server without a socket, with runs of two problems."""
    from mlflow.server import app, handlers
    from mlflow.server.constants import BACKEND_STORE_URI_ENV_VAR

    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    monkeypatch.setenv(BACKEND_STORE_URI_ENV_VAR, store)
    monkeypatch.setattr(handlers, "_tracking_store", None)
    for problem in ("trains", "ships"):
        with tracked_run(store, problem=problem, name=f"{problem}-r1", tags={}) as run:
            run.end("FINISHED")
        assert run.trouble is None
    with httpx.Client(transport=httpx.WSGITransport(app)) as client:
        yield client


def test_the_address_is_a_page_of_the_problems_experiment(mlflow: httpx.Client) -> None:
    address = httpx.URL(experiment_page(SERVER, experiment_name("ships"), get=mlflow.get))

    page = mlflow.get(address)
    script = re.search(r'src="([^"]*/main\.[^"]*\.js)"', page.text)
    assert page.status_code == 200 and script
    routes = re.findall(r'"(/experiments/[\w:/?]*)"', mlflow.get(address.join(script[1])).text)
    shown = [re.fullmatch(_pattern(route), address.fragment) for route in routes]
    [number] = {match["experimentId"] for match in shown if match}

    api = f"{SERVER}/api/2.0/mlflow"
    found = mlflow.get(f"{api}/experiments/get", params={"experiment_id": number}).json()
    assert found["experiment"]["name"] == experiment_name("ships")
    runs = mlflow.post(f"{api}/runs/search", json={"experiment_ids": [number]}).json()["runs"]
    assert [run["info"]["run_name"] for run in runs] == ["ships-r1"]


def test_an_experiment_that_is_not_there_leads_to_the_server(mlflow: httpx.Client) -> None:
    assert experiment_page(SERVER, experiment_name("planes"), get=mlflow.get) == SERVER


def _pattern(route: str) -> str:
    """A route of the pages as a pattern with its parts by name."""
    return re.sub(r":(\w+)", r"(?P<\1>[^/]+)", route)
