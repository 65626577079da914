"""Kinesis: the records of a problem's stream land as files."""

from __future__ import annotations

import boto3

from ghosteam.aws.wiring import Wiring
from ghosteam.runtime.boundary import stream_handler
from ghosteam.runtime.calls import StreamRecord
from ghosteam.runtime.problems import deployed_problems
from ghosteam.runtime.settings import StreamSettings
from ghosteam.steps.receive_stream import Receiving, receive_stream

aws = Wiring(StreamSettings, boto3.client)


def _handle(records: list[StreamRecord]) -> object:
    receiving = Receiving(landing=aws.landing, lake=aws.lake, problems=deployed_problems())
    return receive_stream(records, receiving)


handler = stream_handler(_handle)
