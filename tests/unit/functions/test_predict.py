"""The function behind the HTTP API."""

import json
from types import SimpleNamespace

from ghosteam.documents import state_keys
from tests import documents
from tests.unit.serving.builders import PREDICT, deployed, http_api_event


def test_the_api_docs_need_no_aws_service() -> None:
    with deployed("predict", PREDICT) as (function, _, _):
        answer = function.handler(http_api_event("get", path="/openapi.json"), SimpleNamespace())
        assert answer["statusCode"] == 200
        assert "/v1/flights/predict" in json.loads(answer["body"])["paths"]
        assert function._service.cache_info().currsize == 0


def test_the_served_model_is_read_from_the_state_table() -> None:
    with deployed("predict", PREDICT) as (function, state, _):
        state.create("flights", state_keys.ROUTING, documents.routing(documents.slot("3")))
        answer = function.handler(http_api_event("get"), SimpleNamespace())
        assert json.loads(answer["body"])["champion"] == {"version": "3", "share_percent": 100}


def test_a_prediction_before_the_first_model_is_a_503() -> None:
    with deployed("predict", PREDICT) as (function, _, _):
        assert function.handler(http_api_event("predict"), SimpleNamespace())["statusCode"] == 503
