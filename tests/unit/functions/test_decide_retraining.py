"""The function decide_retraining: a queue message starts an execution of the state machine."""

from __future__ import annotations

import json

import boto3

from ghosteam.features.views import views_version
from ghosteam.runtime.settings import RetrainSettings
from ghosteam.steps.ingest_file import UNKNOWN
from tests.accounts import FLIGHTS, deployed_function, memory_account, queue_event


def test_a_materialized_batch_that_completes_the_data_starts_the_machine():
    with memory_account() as account:
        client = boto3.client("stepfunctions")
        definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
        arn = client.create_state_machine(
            name="retraining",
            definition=definition,
            roleArn="arn:aws:iam::123456789012:role/retraining",
        )["stateMachineArn"]
        settings = RetrainSettings(
            environment_name="local", state_table="state", bus_name="default", state_machine_arn=arn
        )
        account.add_first_quarter()
        for prefix, dataset in (("f", "flights"), ("w", "weather")):
            for month in ("01", "02", "03"):
                batch_id = prefix + month
                account.note_online(dataset, batch_id)
        event = {
            "id": "e",
            "detail-type": "FeaturesMaterialized",
            "detail": {
                "problem": "flights",
                "dataset": "planes",
                "batch_id": "p",
                "view_version": views_version(FLIGHTS, "planes"),
            },
        }
        with deployed_function("decide_retraining", settings) as function:
            assert function.handler(queue_event(event), None) == {"batchItemFailures": []}
        [execution] = client.list_executions(stateMachineArn=arn)["executions"]
        assert execution["name"].startswith("20130401T0359-readiness-")


def test_an_event_that_is_no_reason_to_retrain_goes_back_to_the_queue():
    settings = RetrainSettings(
        environment_name="local",
        state_table="state",
        bus_name="default",
        state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:none",
    )
    with memory_account(), deployed_function("decide_retraining", settings) as function:
        event = {"id": "e", "detail-type": "ModelPromoted", "detail": {"problem": "flights"}}
        assert function.handler(queue_event(event), None) == {
            "batchItemFailures": [{"itemIdentifier": "m0"}]
        }


def test_a_rejected_file_of_no_problem_is_no_reason_to_come_again():
    settings = RetrainSettings(
        environment_name="local",
        state_table="state",
        bus_name="default",
        state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:none",
    )
    with memory_account(), deployed_function("decide_retraining", settings) as function:
        detail = {"problem": UNKNOWN, "dataset": UNKNOWN, "batch_id": "b"}
        event = {"id": "e", "detail-type": "BatchRejected", "detail": detail}
        assert function.handler(queue_event(event), None) == {"batchItemFailures": []}
