"""Put a service that ministack does not have into its routing, identity and persistence tables."""

import sys
from types import ModuleType

from local.account import seams


def register_service(name: str, module: ModuleType, target_prefix: str) -> None:
    """Make `module` answer for the AWS service `name`.

    `name` is the service's signing name, `target_prefix` the part of `X-Amz-Target` before the
    operation, dot included. The module offers what ministack asks of its own services: `async
    handle_request(method, path, headers, body, query)` returning (status, headers, body),
    `get_state()`, `load_persisted_state(data)` and `reset()`.
    """
    import ministack.services
    from ministack import app
    from ministack.core import iam_actions, router

    # Its tables hold module names below ministack.services; the alias makes ours importable under
    # such a name.
    module_name = f"ghosteam_{name.replace('-', '_')}"
    sys.modules[f"ministack.services.{module_name}"] = module
    setattr(ministack.services, module_name, module)
    seams.require(app, "SERVICE_REGISTRY")[name] = {"module": module_name}
    seams.require(app, "SERVICE_HANDLERS")[name] = seams.require(app, "_lazy_handler")(module_name)
    seams.require(app, "_state_map").update(seams.require(app, "_registry_state_map")())
    seams.require(router, "SERVICE_PATTERNS")[name] = {"target_prefixes": [target_prefix]}
    seams.require(iam_actions, "SERVICE_TO_IAM_NAMESPACE")[name] = name
