"""The retraining machine: what is tried again, what a failure costs, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from ghosteam.learning.progress import metric_definitions
from tests.infra.templates import Synthesized, machine_states


def test_one_family_that_fails_leaves_the_others_in_the_race(dev: Synthesized) -> None:
    (train,) = [state for _, name, state in machine_states(dev) if name == "TrainFamily"]
    (catch,) = train["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "TrainFamilyFailed")
    judge, lost = state_of(dev, "TrainFamilyFailed"), state_of(dev, "FamilyLost")
    assert judge["Default"] == "FamilyLost"
    # Error and cause are kept, and read by the step that puts them on record.
    assert lost["Parameters"] == {"family.$": "$.family.family", "failure.$": "$.failure"}
    assert lost["End"] is True
    collect = state_of(dev, "CollectFamilies")
    assert collect["Parameters"]["results.$"] == "$.families"


def state_of(
    environment: Synthesized, name: str, machine: str = "Training/RunsRetraining"
) -> dict[str, Any]:
    """A state of the retraining machine, or of another one."""
    states_of = machine_states(environment)
    (found,) = [
        state for m, known, state in states_of if known == name and str(m).startswith(machine)
    ]
    return found


@pytest.mark.parametrize("job", ["BuildTrainingSet", "TrainFamily", "EvaluateModels", "RefitModel"])
def test_a_job_without_capacity_is_tried_again_after_minutes_under_a_new_name(
    dev: Synthesized, job: str
) -> None:
    task, judge = state_of(dev, job), state_of(dev, f"{job}Failed")
    (choice,) = judge["Choices"]
    wait = state_of(dev, choice["Next"])
    count = state_of(dev, wait["Next"])
    assert wait["Seconds"] >= 300 and count["Next"] == job
    assert count["Parameters"] == {"count.$": "States.MathAdd($.tries.count, 1)"}
    asked = str(choice)
    assert "*CapacityError*" in asked and "*ThrottlingException*" in asked
    # One digit of the name counts these tries, another one the retries: no name is used twice.
    assert "'NumericLessThan': 9" in asked
    names = ("TrainingJobName.$", "ProcessingJobName.$")
    (name,) = [task["Parameters"][each] for each in names if each in task["Parameters"]]
    assert name.endswith("$.tries.count, $$.State.RetryCount)")


def test_a_run_that_failed_says_why_and_one_that_met_another_did_not_fail(dev: Synthesized) -> None:
    broken = state_of(dev, "Broken")
    assert (broken["ErrorPath"], broken["CausePath"]) == ("$.failure.Error", "$.failure.Cause")
    begin = state_of(dev, "StartRun")
    (catch,) = begin["Catch"]
    ways = (["Busy"], "AnotherRunIsOn", "$.busy")
    assert (catch["ErrorEquals"], catch["Next"], catch["ResultPath"]) == ways
    # A lost race for the lease is another attempt, not another run.
    assert "Conflict" in begin["Retry"][0]["ErrorEquals"]


def test_the_trackers_outage_is_waited_out_where_a_version_is_made(dev: Synthesized) -> None:
    (retry,) = state_of(dev, "RegisterModel")["Retry"]
    waits = [min(2 * 2**n, retry["MaxDelaySeconds"]) for n in range(retry["MaxAttempts"])]
    assert "Transient" in retry["ErrorEquals"] and sum(waits) > 3600


def test_a_refit_that_fails_costs_nothing_but_itself(dev: Synthesized) -> None:
    choice = state_of(dev, "FitAgain")
    (again,) = choice["Choices"]
    assert (again["Variable"], again["BooleanEquals"]) == ("$.chosen.refit", True)
    assert choice["Default"] == "RegisterModel"
    assert state_of(dev, "RefitModelFailed")["Default"] == "RefitLost"
    assert state_of(dev, "RefitLost")["Next"] == "RegisterModel"
    refit = state_of(dev, "RefitModel")
    assert refit["Next"] == "RegisterModel" and refit["Parameters"]["EnableNetworkIsolation"]


def test_sagemaker_reads_the_metrics_that_training_prints(dev: Synthesized) -> None:
    algorithm = state_of(dev, "TrainFamily")["Parameters"]["AlgorithmSpecification"]
    assert algorithm["MetricDefinitions"] == metric_definitions()
