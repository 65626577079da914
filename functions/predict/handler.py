"""HTTP API: predictions of every problem, through FastAPI."""

from __future__ import annotations

import os
import sys
from functools import cache, partial

import boto3
from botocore.config import Config
from mangum import Mangum

from ghosteam.aws.endpoints import ScoringEndpoints
from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import PredictSettings
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.predict import PredictionService
from ghosteam.steps.prediction_api import create_app, write_record
from ghosteam.steps.routings import Routings

# Whatever hangs must leave time for the others within the API's 29 s; what is asked again is asked
# by the predictor.
_SCORING = Config(
    connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1, "mode": "standard"}
)
_STORE = Config(
    connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2, "mode": "standard"}
)


@cache
def _service() -> PredictionService:
    settings = PredictSettings.from_environment(os.environ)
    store = boto3.client("dynamodb", config=_STORE)
    return PredictionService(
        routings=Routings(StateTable(store, settings.state_table)),
        definitions=Definitions(
            Objects(boto3.client("s3", config=_STORE), settings.artifact_bucket)
        ),
        store=store,
        endpoints=ScoringEndpoints(boto3.client("sagemaker-runtime", config=_SCORING)),
        online_prefix=settings.online_prefix,
        emit=partial(write_record, sys.stdout.write),
    )


handler = Mangum(create_app(deployed_problems(), _service), lifespan="off")
