"""HTTP API: predictions of every problem, through FastAPI."""

from __future__ import annotations

import sys
from functools import cache, partial

import boto3
from botocore.config import Config
from mangum import Mangum

from ghosteam.aws.recent_items import RecentItems
from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import PredictSettings
from ghosteam.steps.definitions import Definitions
from ghosteam.steps.online_features import read_online
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

aws = Wiring(
    PredictSettings,
    boto3.client,
    configs={"dynamodb": _STORE, "s3": _STORE, "sagemaker-runtime": _SCORING},
)


@cache
def _service() -> PredictionService:
    return PredictionService(
        routings=Routings(aws.state),
        definitions=Definitions(aws.artifacts),
        read=partial(
            read_online,
            aws.batch_reads,
            online_prefix=aws.settings.online_prefix,
            recent=RecentItems(),
        ),
        endpoints=aws.endpoints,
        emit=partial(write_record, sys.stdout.write),
    )


handler = Mangum(create_app(deployed_problems(), _service), lifespan="off")
