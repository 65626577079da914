"""The alarm engine: dimensions, periods, M out of N, missing data, on a timer and at each data
point.

Source: "Evaluating an alarm" and "Configuring how CloudWatch alarms treat missing data", CloudWatch
user guide.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from local.account import seams

logger = logging.getLogger("ghosteam.alarms")

_INTERVAL = 2.0  # seconds between evaluations
# CloudWatch looks further back than EvaluationPeriods to find real data points in place of missing
# ones.
_EXTRA_PERIODS = 2

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def install() -> None:
    """Replace ministack's evaluation, which knows neither dimensions nor missing data, and start
    the timer.
    """
    from ministack.services import cloudwatch

    for name in (
        "_alarms",
        "_metrics",
        "_dims_key",
        "_calc_stats",
        "_stat_value",
        "_record_history",
    ):
        seams.require(cloudwatch, name)
    for name in (
        "_dispatch_alarm_actions",
        "_evaluate_parent_alarms",
        "_evaluate_all_alarms",
        "_evict_old_metrics",
    ):
        seams.require(cloudwatch, name)
    lock = threading.RLock()

    def locked(original: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
        def evaluate_alarm(alarm: dict[str, Any]) -> None:
            with (
                lock
            ):  # the timer and a data point must not both see, and announce, the same change
                _evaluate(alarm, time.time())

        return evaluate_alarm

    seams.replace(cloudwatch, "_evaluate_alarm", locked)
    threading.Thread(target=_evaluate_forever, name="alarms", daemon=True).start()


def decide(
    points: Sequence[bool | None],
    *,
    evaluation_periods: int,
    datapoints_to_alarm: int,
    missing: str,
    current: str,
) -> str:
    """The state of an alarm: "ALARM", "OK" or "INSUFFICIENT_DATA".

    `points` are the periods looked at, oldest first: True breaching, False not, None without data.
    `missing` is TreatMissingData; `current` the state that "ignore" keeps when the real data points
    do not decide.
    """
    real = [point for point in points if point is not None][-evaluation_periods:]
    unknown = evaluation_periods - len(real)
    breaching = sum(real)
    if not real:
        empty = {"breaching": "ALARM", "notBreaching": "OK", "ignore": current}
        return empty.get(missing, "INSUFFICIENT_DATA")
    if breaching >= datapoints_to_alarm:
        return "ALARM"
    if breaching + unknown < datapoints_to_alarm:
        return "OK"
    if missing == "breaching":
        return "ALARM"
    if missing == "ignore":
        return current
    if missing == "missing" and breaching >= min(datapoints_to_alarm, len(real)):
        return "ALARM"
    return "OK"


def _evaluate(alarm: dict[str, Any], now: float) -> None:
    from ministack.services import cloudwatch

    compare = _COMPARISONS.get(alarm.get("ComparisonOperator", ""))
    if compare is None or not alarm.get("MetricName"):
        return
    periods = int(alarm.get("EvaluationPeriods", 1))
    values = _period_values(alarm, periods + _EXTRA_PERIODS, now)
    threshold = float(alarm.get("Threshold", 0))
    old = alarm["StateValue"]
    new = decide(
        [None if value is None else compare(value, threshold) for value in values],
        evaluation_periods=periods,
        datapoints_to_alarm=int(alarm.get("DatapointsToAlarm") or periods),
        missing=alarm.get("TreatMissingData") or "missing",
        current=old,
    )
    if new == old:
        return
    recent = [value for value in values if value is not None][-periods:]
    reason = (
        f"Threshold Crossed: {recent} {alarm['ComparisonOperator']} {threshold}"
        if recent
        else "Insufficient Data: no datapoints were received, missing data is treated as "
        f"{alarm.get('TreatMissingData')}"
    )
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(now))
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    _emit_state_change(alarm, old, now)
    cloudwatch._evaluate_parent_alarms(alarm)


def _period_values(alarm: dict[str, Any], periods: int, now: float) -> list[float | None]:
    """The alarm's statistic for each of the last `periods` periods, oldest first; None for one
    without data.

    The period in progress counts once it has data, so that an alarm here follows its cause within
    seconds.
    """
    from ministack.services import cloudwatch

    length = int(alarm.get("Period") or 60)
    dimensions = {
        dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions") or []
    }
    key = (alarm.get("Namespace"), alarm.get("MetricName"), cloudwatch._dims_key(dimensions))
    current = int(now // length)
    slots: dict[int, list[dict[str, Any]]] = {}
    for point in list(cloudwatch._metrics.get(key) or []):
        if alarm.get("Unit") in (None, "", point["Unit"]):
            slots.setdefault(int(point["Timestamp"] // length), []).append(point)
    last = current if current in slots else current - 1
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    return [
        cloudwatch._stat_value(cloudwatch._calc_stats(slots[slot]), statistic, slots[slot])
        if slot in slots
        else None
        for slot in range(last - periods + 1, last + 1)
    ]


def _emit_state_change(alarm: dict[str, Any], old: str, now: float) -> None:
    """The "CloudWatch Alarm State Change" event on the default bus."""
    from ministack.services import eventbridge

    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(now))
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {
            "value": alarm["StateValue"],
            "reason": alarm["StateReason"],
            "timestamp": moment,
        },
        "previousState": {"value": old},
        "configuration": {"description": alarm.get("AlarmDescription", "")},
    }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail),
    }
    seams.require(eventbridge, "_put_events")({"Entries": [entry]}, allow_aws_source=True)


def _evaluate_forever() -> None:
    from ministack.core.responses import set_request_account_id, set_request_region
    from ministack.services import cloudwatch

    while True:
        time.sleep(_INTERVAL)
        for account, region in {key[:2] for key in list(cloudwatch._alarms._data)}:
            set_request_account_id(account)
            set_request_region(region)
            for alarm in list(cloudwatch._alarms.values()):
                try:
                    cloudwatch._evaluate_alarm(alarm)
                except Exception:
                    logger.exception("alarm %s could not be evaluated", alarm.get("AlarmName"))
