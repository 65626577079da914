"""Who may do what: IAM enforcement, and role checks for the calls that services make on a role's
behalf.

ministack checks the requests that arrive over HTTP. It does not check what a state machine, a
schedule, an event rule or an HTTP API does inside the process; `permissions_of_workflows` and
`permissions_of_deliveries` do, with the functions of this module.
"""

import json
from typing import Any

from local.account import seams


class AccessDenied(Exception):
    """A role's policies do not allow an action. Its text is AWS's."""


def install() -> None:
    """Check that enforcement is on, and let loopback connections count as secure transport."""
    from ministack import app

    if not seams.require(app, "AUTH"):
        raise RuntimeError("IAM enforcement is off: set AUTH=true before the account starts")

    # Everything is loopback HTTP here, and AWS bucket policies deny plain HTTP: the transport never
    # leaves the machine.
    def loopback_is_secure(original: Any) -> Any:
        def pin(source_ip: str, secure: bool) -> None:
            original(source_ip, secure or source_ip == "::1" or source_ip.startswith("127."))

        return pin

    seams.replace(app, "pin_request_origin", loopback_is_secure)


def credentials_for_role(role_arn: str, session: str = "embedded-account") -> dict[str, str]:
    """Session credentials of a role, as environment variables; requests signed with them have that
    role's rights only.
    """
    from ministack.core import lambda_runtime
    from ministack.core.responses import get_region

    account = role_arn.split(":")[4]
    execution_credentials = seams.require(lambda_runtime, "execution_credentials")
    credentials: dict[str, str] = execution_credentials(
        {
            "Role": role_arn,
            # A session's key is derived from this ARN, so equal names share a session and different
            # ones do not.
            "FunctionArn": f"arn:aws:lambda:{get_region()}:{account}:function:{session}",
            "FunctionName": session[:64],
        }
    )
    return credentials


def role_denied(role_arn: str, action: str, resource: str, **condition_keys: str) -> str | None:
    """AWS's AccessDenied text when the role may not perform the action on the resource; None when
    it may.

    Identity policies, boundary and the resource's own policy count, as for a request. A condition
    key is a keyword with `__` for the colon: `iam__PassedToService="sagemaker.amazonaws.com"`.
    """
    if ":role/" not in role_arn:
        return f"No role was given to perform: {action} on resource: {resource}"
    return key_holder_denied(
        credentials_for_role(role_arn)["AWS_ACCESS_KEY_ID"], action, resource, **condition_keys
    )


def key_holder_denied(
    access_key: str, action: str, resource: str, **condition_keys: str
) -> str | None:
    """As `role_denied`, for whoever holds an access key; the account's root may do everything."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id, get_region

    principal = iam_evaluator.resolve_principal(access_key, get_account_id())
    if isinstance(principal, iam_evaluator.AuthError):
        return str(principal.message)
    if principal.policies is None:
        return None
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={
            name.replace("__", ":").lower(): value for name, value in condition_keys.items()
        },
        principal_keys=principal.keys,
        secure_transport=True,  # services call each other over TLS
    )
    result = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    service = action.split(":")[0]
    policy = seams.require(iam_evaluator, "_resource_policy")(service, resource)
    if policy is not None:
        result = iam_evaluator.combine_resource_policy(
            result, context, *policy, required=service == "kms", limits=tuple(principal.limits)
        )
    if result.decision == "Allow":
        return None
    why = (
        "with an explicit deny in a policy"
        if result.decision == "Deny"
        else f"because no identity-based policy allows the {action} action"
    )
    return (
        f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource} "
        f"{why}"
    )


def assumption_denied(role_arn: str, service: str) -> str | None:
    """Why the service principal (`states.amazonaws.com`) may not assume the role; None when its
    trust policy lets it.
    """
    from ministack.core import iam_evaluator
    from ministack.services import iam

    roles = seams.require(iam, "_roles")
    role = (
        roles.get_scoped(role_arn.split(":")[4], None, role_arn.rsplit("/", 1)[-1])
        if ":role/" in role_arn
        else None
    )
    if role is None:
        return f"The role {role_arn or '(none)'} does not exist"
    names_service = seams.require(iam_evaluator, "_service_principal_matches")
    document = role.get("AssumeRolePolicyDocument") or {}
    if isinstance(document, str):
        document = json.loads(document)
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") == "Allow" and names_service(
            statement.get("Principal"), service
        ):
            return None
    return f"{service} is not authorized to assume the role {role_arn}"


def service_denied(
    policy: Any, service: str, action: str, resource: str, source_arn: str
) -> str | None:
    """Why a resource policy does not let an AWS service act on its resource for `source_arn`; None
    when it does.
    """
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id, get_region

    context = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()},
        secure_transport=True,
    )
    if iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision == "Allow":
        return None
    return (
        f"{service} is not authorized to perform: {action} on resource: {resource} for {source_arn}"
    )
