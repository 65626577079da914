"""cdk-nag's AwsSolutions rules: every finding is accepted with a reason, and every acceptance has a
finding.
"""

from __future__ import annotations

import json

from infra.nag import ACCEPTED, AcceptedFinding
from tests.infra.templates import Synthesized


def findings(synthesized: Synthesized) -> set[tuple[str, str]]:
    """(rule with its finding, path of the construct) of everything that AwsSolutions objects to."""
    report = json.loads((synthesized.folder / "validation-report.json").read_text())
    (nag,) = [
        plugin for plugin in report["pluginReports"] if plugin["pluginName"] == "AwsSolutions"
    ]
    return {
        (violation["ruleName"], construct["constructPath"])
        for violation in nag["violations"]
        for construct in violation["violatingConstructs"]
    }


def test_every_finding_is_accepted_with_a_reason(local: Synthesized, dev: Synthesized) -> None:
    found = findings(local) | findings(dev)
    open_ones = [
        f"{rule} at {path}"
        for rule, path in sorted(found)
        if not any(entry.accepts(rule, path) for entry in ACCEPTED)
    ]
    assert not open_ones, "mend these, or accept them in infra/nag.py with a reason:\n" + "\n".join(
        open_ones
    )


def test_every_acceptance_speaks_of_a_finding(local: Synthesized, dev: Synthesized) -> None:
    found = findings(local) | findings(dev)
    unused = [entry for entry in ACCEPTED if not any(entry.accepts(*finding) for finding in found)]
    assert not unused, f"nothing is found there any more, take them out of infra/nag.py: {unused}"


def test_no_rule_broke_while_it_looked(local: Synthesized, dev: Synthesized) -> None:
    """A rule that fails to judge a resource reports CdkNagValidationFailure, which would pass for
    silence.
    """
    assert not [
        rule for rule, _ in findings(local) | findings(dev) if "CdkNagValidationFailure" in rule
    ]


def test_an_acceptance_names_the_whole_finding_and_any_part_of_the_path() -> None:
    entry = AcceptedFinding(r"AwsSolutions-SQS3", r"Inbox", "People read it.")
    assert entry.accepts("AwsSolutions-SQS3", "Ghosteam-dev-Foundation/Inbox/Resource")
    assert not entry.accepts("AwsSolutions-SQS34", "Ghosteam-dev-Foundation/Inbox/Resource")
    assert not entry.accepts("AwsSolutions-SQS3", "Ghosteam-dev-Data/Landed/Queue/Resource")
