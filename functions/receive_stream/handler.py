"""Kinesis: the records of a problem's stream land as files."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from ghosteam.aws.objects import Objects
from ghosteam.runtime.boundary import stream_handler
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import StreamSettings
from ghosteam.steps.receive_stream import Receiving, receive_stream


@cache
def _receiving() -> Receiving:
    settings, s3 = StreamSettings.from_environment(os.environ), boto3.client("s3")
    return Receiving(
        landing=Objects(s3, settings.landing_bucket),
        lake=Objects(s3, settings.lake_bucket),
        problems=deployed_problems(),
    )


def _handle(records: list[dict[str, Any]]) -> object:
    return receive_stream(records, _receiving())


handler = stream_handler(_handle)
