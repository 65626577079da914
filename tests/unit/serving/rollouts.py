"""A problem whose rollouts go step by step against a state table, and what they meet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from ghosteam.aws.objects import Objects
from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.state_keys import Form, Key
from ghosteam.errors import Transient
from ghosteam.problem.spec import Problem
from ghosteam.rollout.plan import Hosting, RolloutPlan
from ghosteam.steps.finish_rollout import finish_rollout
from ghosteam.steps.prepare_rollout import NothingToDo, prepare_rollout
from ghosteam.steps.roll_back import Rollback, roll_back
from ghosteam.steps.shift_traffic import Shifted, shift_traffic
from tests import documents

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


HOSTING = Hosting(
    environment_name="local",
    image="image:1",
    role_arn="arn:aws:iam::1:role/serve",
    name_prefix="gt-local",
)


@dataclass
class InMemoryRegistry:
    """Aliases and tags of one model. ``fail_on`` names a method that fails once."""

    aliases: dict[str, str] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    fail_on: str = ""

    def _maybe_fail(self, method: str) -> None:
        if self.fail_on == method:
            self.fail_on = ""
            raise Transient("The registry is away")

    def alias_version(self, name: str, alias: str) -> str | None:
        return self.aliases.get(alias)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        if alias == "champion":
            self._maybe_fail("set_champion")
        self.aliases[alias] = version

    def delete_alias(self, name: str, alias: str) -> None:
        self.aliases.pop(alias, None)

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        self._maybe_fail("set_version_tag")
        self.tags[version, key] = value


@dataclass
class Rollouts:
    problem: Problem
    state: StateTable
    artifacts: Objects
    bus: Any
    registry: InMemoryRegistry
    finished_run: Any

    def prepare(
        self, version: str, *, execution: str | None = None, now: datetime = NOW, **more: Any
    ) -> RolloutPlan | NothingToDo:
        self.finished_run(f"run-{version}", champion=version != "1")
        request = {
            "run_id": f"run-{version}",
            "version": version,
            "execution": execution or f"exec-{version}",
            **more,
        }
        return prepare_rollout(
            self.problem,
            request,
            state=self.state,
            artifacts=self.artifacts,
            bus=self.bus,
            hosting=HOSTING,
            now=now,
        )

    def shift(self, plan: RolloutPlan, *, now: datetime = NOW) -> Shifted:
        return shift_traffic(
            asdict(plan),
            state=self.state,
            artifacts=self.artifacts,
            now=now,
        )

    def finish(self, version: str, verdict: str, **more: str) -> Any:
        request = {
            "problem": "flights",
            "version": version,
            "run_id": f"run-{version}",
            "verdict": verdict,
            "reason": "why",
            **more,
        }
        return finish_rollout(
            request, state=self.state, bus=self.bus, registry=self.registry, now=NOW
        )  # type: ignore[arg-type]

    def go_back(self, to: str | None = None) -> Rollback:
        why = {"reason": "it is wrong at night", "requested_by": "ada"}
        return roll_back("flights", to=to, **why, state=self.state, bus=self.bus, now=NOW)

    def write_run_document(self, version: str) -> None:
        registered = documents.run(f"run-{version}", status="registered", version=version)
        key = state_keys.RUNS / f"run-{version}"
        self.state.update("flights", key, lambda current: current or registered)

    def document(self, key: Key[Form]) -> Form | None:
        return self.state.find("flights", key)

    def first_champion(self) -> RolloutPlan:
        plan = self.prepare("1")
        self.shift(plan)
        assert self.finish("1", "promote") is None
        self.bus.events.clear()
        return plan


@dataclass
class InMemorySageMaker:
    """Endpoints by name with their status, and what was deleted."""

    endpoints: dict[str, str]
    deleted: list[str] = field(default_factory=list)

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        self._find(EndpointName in self.endpoints, "endpoint")
        return {
            "EndpointStatus": self.endpoints[EndpointName],
            "ProductionVariants": [{"VariantName": "main"}],
        }

    def delete_endpoint(self, *, EndpointName: str) -> None:
        self.endpoints[EndpointName] = "Deleting"
        self.deleted.append(f"endpoint {EndpointName}")

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> None:
        self._once(f"config {EndpointConfigName}")

    def delete_model(self, *, ModelName: str) -> None:
        self._once(f"model {ModelName}")

    def _once(self, what: str) -> None:
        self._find(what not in self.deleted, what)
        self.deleted.append(what)

    def _find(self, found: bool, what: str) -> None:
        if not found:
            message = f'Could not find {what} "arn".'
            raise ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "Any")


@dataclass
class InMemoryScaling:
    """Scalable targets by resource id."""

    targets: list[str]

    def describe_scalable_targets(self, *, ResourceIds: list[str], **_: str) -> dict[str, Any]:
        return {
            "ScalableTargets": [
                {"ResourceId": target} for target in self.targets if target in ResourceIds
            ]
        }

    def deregister_scalable_target(self, *, ResourceId: str, **_: str) -> None:
        self.targets.remove(ResourceId)
