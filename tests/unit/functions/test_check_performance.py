"""The function check_performance: from a queue and by direct invocation."""

from __future__ import annotations

from datetime import UTC, datetime

from ghosteam.aws.batches import BatchLedger
from ghosteam.documents import state_keys
from ghosteam.steps.windows_to_judge import tell_batch
from tests import documents
from tests.accounts import MONITOR, deployed_function, memory_account, queue_event

CHAMPION = documents.slot("1", metrics={"roc_auc": 0.7})


def test_a_validated_batch_judges_the_windows_that_end_in_it():
    with (
        memory_account() as account,
        deployed_function("check_performance", MONITOR) as function,
    ):
        account.state.create("flights", state_keys.ROUTING, documents.routing(CHAMPION))
        account.add_batch(
            "flights", "f", "2013-07-01T00:00:00+00:00", "2013-07-20T00:00:00+00:00", parts=0
        )
        batch = BatchLedger(account.state).find("flights", "flights", "f")
        tell_batch(account.state, batch)
        event = {
            "detail-type": "FeaturesMaterialized",
            "detail": {"problem": "flights", "dataset": "flights", "batch_id": "f"},
        }
        assert function.handler(queue_event(event), None) == {"batchItemFailures": []}
        stored = [
            document.key.text
            for document in account.state.list("flights", state_keys.PERFORMANCE_VERDICTS)
        ]
    assert [key.rpartition("#")[2][:10] for key in stored] == [
        "2013-07-04",
        "2013-07-11",
        "2013-07-18",
    ]


def test_a_schedule_without_as_of_judges_the_newest_window_that_is_over():
    with (
        memory_account() as account,
        deployed_function("check_performance", MONITOR) as function,
    ):
        account.state.create("flights", state_keys.ROUTING, documents.routing(CHAMPION))
        [verdict] = function.handler({"problem": "flights"}, None)["verdicts"]
    age = datetime.now(UTC) - datetime.fromisoformat(verdict["window_end"])
    assert 0 <= age.total_seconds() < 7 * 86400 + 60


def test_a_message_about_an_unknown_problem_goes_back_to_the_queue():
    with memory_account(), deployed_function("check_performance", MONITOR) as function:
        event = {"detail": {"problem": "nothing", "dataset": "d", "batch_id": "b"}}
        assert function.handler(queue_event(event), None) == {
            "batchItemFailures": [{"itemIdentifier": "m0"}]
        }
