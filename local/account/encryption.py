"""Customer-managed keys on buckets, queues and topics: who uses the resource needs the key as well.

ministack records the key and stops there. Nothing is encrypted here either; the permissions are
what is checked.
"""

from collections.abc import Callable
from typing import Any

from local.account import seams
from local.account.identity import key_holder_denied, service_denied

_KEY_ACTIONS = {
    "s3:GetObject": ("kms:Decrypt",),
    "s3:PutObject": ("kms:GenerateDataKey",),
    "sqs:SendMessage": ("kms:GenerateDataKey", "kms:Decrypt"),
    "sqs:ReceiveMessage": ("kms:Decrypt",),
    "sns:Publish": ("kms:GenerateDataKey", "kms:Decrypt"),
}
_DENIED_CODES = {"s3": "AccessDenied", "sqs": "KMS.AccessDeniedException", "sns": "KMSAccessDenied"}


def install() -> None:
    """Check the key after ministack has allowed the action itself."""
    from ministack.core import iam_evaluator
    from ministack.services import kms, s3, sns, sqs

    for owner, name in (
        (s3, "_buckets"),
        (s3, "_bucket_default_sse_headers"),
        (sqs, "_queue_by_arn"),
        (sns, "_topic_by_arn_any_scope"),
        (kms, "_resolve_key"),
    ):
        seams.require(owner, name)

    def with_key(original: Callable[..., Any]) -> Callable[..., Any]:
        def enforce(
            access_key_id: str,
            iam_action: str,
            service: str,
            region: str,
            resource_arn: str = "*",
            **more: Any,
        ) -> Any:
            denied = original(
                access_key_id, iam_action, service, region, resource_arn=resource_arn, **more
            )
            if (
                denied is None
                and access_key_id
                and iam_action in _KEY_ACTIONS
                and (key := key_of(resource_arn))
            ):
                via = {"kms__ViaService": f"{service}.{region}.amazonaws.com"}
                for action in _KEY_ACTIONS[iam_action]:
                    if text := key_holder_denied(access_key_id, action, key, **via):
                        return iam_evaluator.AuthError(_DENIED_CODES[service], text)
            return denied

        return enforce

    seams.replace(iam_evaluator, "enforce", with_key)


def key_of(resource_arn: str) -> str | None:
    """ARN of the customer-managed key that protects an object, queue or topic; None when there is
    none.
    """
    from ministack.services import kms, s3, sns, sqs

    parts = resource_arn.split(":", 5)
    if len(parts) < 6:
        return None
    if parts[2] == "s3":
        bucket, _, name = parts[5].partition("/")
        stored = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(name) or {}
        headers = {
            **s3._bucket_default_sse_headers(bucket),
            **(stored.get("preserved_headers") or {}),
        }
        key = headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    elif parts[2] == "sqs":
        key = ((sqs._queue_by_arn(resource_arn) or {}).get("attributes") or {}).get(
            "KmsMasterKeyId"
        )
    elif parts[2] == "sns":
        key = ((sns._topic_by_arn_any_scope(resource_arn) or {}).get("attributes") or {}).get(
            "KmsMasterKeyId"
        )
    else:
        return None
    record = kms._resolve_key(key) if key else None
    return record["Arn"] if record else None


def service_denied_key(resource_arn: str, service: str, source_arn: str) -> str | None:
    """Why an AWS service may not use the key of a queue or topic that it delivers to; None when it
    may.
    """
    from ministack.services import kms

    key = key_of(resource_arn)
    if key is None:
        return None
    policy, _ = kms.key_policy_for_arn(key)
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        if denied := service_denied(policy, service, action, key, source_arn):
            return denied
    return None
