"""What EventBridge, Scheduler, API Gateway, SNS, alarms and queue pollers need before they may
reach their targets.

Rules reach Lambda, SQS and SNS through the target's resource policy and everything else through the
target's role; schedules always use the target's role; an HTTP API needs the function's permission.
A refused delivery goes to the target's dead-letter queue where it has one, counts as
`FailedInvocations`, and is logged with its reason.
"""

import json
import logging
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from local.account import encryption, seams
from local.account.identity import assumption_denied, role_denied, service_denied

logger = logging.getLogger("ghosteam.delivery")

_ACTIONS = {
    "lambda": "lambda:InvokeFunction",
    "states": "states:StartExecution",
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "events": "events:PutEvents",
    "kinesis": "kinesis:PutRecord",
    "firehose": "firehose:PutRecord",
    "sagemaker": "sagemaker:StartPipelineExecution",
}
_BY_RESOURCE_POLICY = ("lambda", "sqs", "sns")


def install() -> None:
    """Put the checks before ministack's deliveries."""
    from ministack.services import apigateway, cloudwatch, eventbridge, lambda_svc, sns

    seams.replace(eventbridge, "_invoke_target", _checked_target)
    seams.replace(apigateway, "_invoke_lambda_proxy", _checked_api)
    seams.replace(cloudwatch, "_dispatch_alarm_actions", _checked_alarm)
    seams.replace(sns, "_deliver_to_sqs", _checked_subscription)
    seams.replace(lambda_svc, "_run_sqs_batch", _checked_poller)


def _checked_target(original: Callable[..., Any]) -> Callable[..., Any]:
    def invoke_target(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        refused = _refused_delivery(target, rule)
        if refused is None:
            original(target, event, rule, view)
            return
        logger.warning(
            "%s: delivery to %s refused: %s", rule.get("Arn"), target.get("Arn"), refused
        )
        _record_failure(target, event, rule, refused)

    return invoke_target


def _refused_delivery(target: dict[str, Any], rule: dict[str, Any]) -> str | None:
    arn = str(target.get("Arn", ""))
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    action = _ACTIONS.get(service)
    source = str(rule.get("Arn", ""))
    if action is None:
        return f"targets of {service or arn} are not supported"
    if ":scheduler:" in source:
        return _refused_role(target, "scheduler.amazonaws.com", action, arn)
    if service in _BY_RESOURCE_POLICY:
        refused = service_denied(
            _resource_policy(service, arn), "events.amazonaws.com", action, arn, source
        )
        return refused or encryption.service_denied_key(arn, "events.amazonaws.com", source)
    if "api-destination/" in arn:
        action = "events:InvokeApiDestination"
    return _refused_role(target, "events.amazonaws.com", action, arn)


def _refused_role(target: dict[str, Any], service: str, action: str, arn: str) -> str | None:
    role = str(target.get("RoleArn", ""))
    return assumption_denied(role, service) or role_denied(role, action, arn)


def _resource_policy(service: str, arn: str) -> Any:
    from ministack.core import iam_evaluator

    found = seams.require(iam_evaluator, "_resource_policy")(service, arn)
    return found[0] if found else None


def _record_failure(
    target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], why: str
) -> None:
    from ministack.core.arn import parse_arn
    from ministack.services import cloudwatch, eventbridge

    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if ":scheduler:" in str(rule.get("Arn", "")):
        cloudwatch.record_metric(
            "AWS/Scheduler", "TargetErrorCount", 1, "Count", {"ScheduleGroup": "default"}
        )
    else:
        cloudwatch.record_metric(
            "AWS/Events", "FailedInvocations", 1, "Count", {"RuleName": rule.get("Name", "")}
        )
    if dead_letters:
        payload = target.get("Input") or json.dumps(event, default=str)
        seams.require(eventbridge, "_dispatch_to_sqs")(parse_arn(dead_letters), payload)
        logger.info("sent to the dead-letter queue %s: %s", dead_letters, why)


def _checked_api(original: Callable[..., Any]) -> Callable[..., Any]:
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import apigateway, lambda_svc

    async def invoke(
        integration: dict[str, Any],
        api_id: str,
        stage: str,
        path: str,
        method: str,
        *rest: Any,
        **more: Any,
    ) -> Any:
        reference = seams.require(apigateway, "_extract_lambda_ref_from_integration_uri")(
            integration.get("integrationUri", "")
        )
        route = str(more.get("route_key") or (rest[3] if len(rest) > 3 else "$default"))
        resource = f"{method}{route.split(' ', 1)[1]}" if " " in route else "$default"
        owner = more.get("owner_account_id") or get_account_id()
        region = more.get("owner_region") or get_region()
        source = f"arn:aws:execute-api:{region}:{owner}:{api_id}/{stage}/{resource}"
        record, config, _ = lambda_svc._get_func_record_for_ref_in_scope(
            reference, account_id=owner, region=region
        )
        if record and config:
            arn = reference if reference.startswith("arn:") else config["FunctionArn"]
            # A version's record has no policy; the function's holds every statement with the
            # version or alias it is for.
            base = (
                seams.require(lambda_svc, "_get_base_func_record_for_ref")(reference)[0] or record
            )
            policy = base.get("policy")
            denied = service_denied(
                policy, "apigateway.amazonaws.com", "lambda:InvokeFunction", arn, source
            )
            if denied:
                logger.warning("HTTP API %s: %s", api_id, denied)
                return (
                    500,
                    {"Content-Type": "application/json"},
                    b'{"message":"Internal Server Error"}',
                )
        return await original(integration, api_id, stage, path, method, *rest, **more)

    return invoke


def _checked_alarm(original: Callable[..., None]) -> Callable[..., None]:
    """An alarm's topic must let CloudWatch publish, and so must the key of an encrypted one."""
    from ministack.core.iam_evaluator import pin_request_origin
    from ministack.core.responses import get_account_id
    from ministack.services import sns

    def dispatch(alarm: dict[str, Any], *rest: Any) -> None:
        copy_context().run(deliver, alarm, *rest)

    def deliver(alarm: dict[str, Any], *rest: Any) -> None:
        # Services call each other over TLS, on whatever thread the alarm is evaluated.
        pin_request_origin("127.0.0.1", True)
        allowed = dict(alarm)
        for field in ("AlarmActions", "OKActions", "InsufficientDataActions"):
            allowed[field] = []
            for arn in alarm.get(field) or []:
                refused = None
                if arn.startswith("arn:aws:sns:"):
                    source = alarm.get("AlarmArn", "")
                    refused = encryption.service_denied_key(arn, "cloudwatch.amazonaws.com", source)
                    if not sns.topic_policy_allows(
                        arn, "cloudwatch.amazonaws.com", source, get_account_id()
                    ):
                        refused = (
                            f"the policy of {arn} does not let cloudwatch.amazonaws.com publish"
                        )
                if refused is None:
                    allowed[field].append(arn)
                else:
                    logger.warning("alarm %s: %s", alarm.get("AlarmName"), refused)
        original(allowed, *rest)

    return dispatch


def _checked_subscription(original: Callable[..., None]) -> Callable[..., None]:
    """ministack reads the queue's policy itself; the key of an encrypted queue is checked here."""

    def deliver(endpoint: str, *rest: Any, topic_arn: str = "", **more: Any) -> None:
        if refused := encryption.service_denied_key(endpoint, "sns.amazonaws.com", topic_arn):
            logger.warning("topic %s: %s", topic_arn, refused)
            return
        original(endpoint, *rest, topic_arn=topic_arn, **more)

    return deliver


def _checked_poller(original: Callable[..., None]) -> Callable[..., None]:
    """Lambda polls a queue with the rights of the function's role; without them nothing is
    processed.
    """

    def run_batch(mapping: dict[str, Any], function: dict[str, Any], *rest: Any) -> None:
        role = (function.get("config") or function).get("Role", "")
        queue = str(mapping.get("EventSourceArn", ""))
        needed = [
            (f"sqs:{verb}", queue)
            for verb in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
        ]
        if key := encryption.key_of(queue):
            needed.append(("kms:Decrypt", key))
        for action, resource in needed:
            if denied := role_denied(role, action, resource):
                mapping["LastProcessingResult"] = f"PROBLEM: {denied}"
                logger.warning("event source mapping of %s: %s", mapping.get("FunctionArn"), denied)
                return
        original(mapping, function, *rest)

    return run_batch
