"""The function behind the HTTP API."""

import json
from types import SimpleNamespace

from ghosteam.documents import state_keys
from ghosteam.steps.predict import LAST_CALL_SECONDS
from infra.functions import FUNCTIONS
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


def test_what_hangs_leaves_time_within_the_apis_limit() -> None:
    with deployed("predict", PREDICT) as (function, _, _):
        of_services = {
            name: function.aws.make_client(name).meta.config
            for name in ("dynamodb", "s3", "sagemaker-runtime")
        }
    longest = {
        name: (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"]
        for name, config in of_services.items()
    }
    # A last attempt begins before LAST_CALL_SECONDS have gone; reading came before it.
    assert LAST_CALL_SECONDS + longest["sagemaker-runtime"] < FUNCTIONS["predict"].timeout
    # Online rows are read once before, without botocore.
    online = of_services["dynamodb"].connect_timeout + of_services["dynamodb"].read_timeout
    assert online + longest["dynamodb"] + longest["s3"] < LAST_CALL_SECONDS


def test_a_field_with_a_name_of_any_length_is_told_in_few_words() -> None:
    with deployed("predict", PREDICT) as (function, state, _):
        state.create("flights", state_keys.ROUTING, documents.routing(documents.slot("3")))
        body = {"instances": [{"x" * 100_000: 1}]}
        answer = function.handler(http_api_event("predict", body=body), SimpleNamespace())
    assert answer["statusCode"] == 400 and len(answer["body"]) < 20_000
