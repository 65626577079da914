"""Lambda functions in the embedded account: errors, limits, imports, logs and metrics as on AWS."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import EmbeddedAccount, allow, archive, eventually

pytestmark = pytest.mark.local

SOURCE = """
import json, os, sys, time

class Unfit(Exception):
    pass

calls = 0

def handler(event, context):
    global calls
    calls += 1
    exec(event.get("do", ""))
    return {"calls": calls, **event.get("answer", {}), "seen": eval(event.get("see", "None"))}
"""


@pytest.fixture(scope="module")
def invoke(embedded_account: EmbeddedAccount) -> Any:
    embedded_account.function("probe", SOURCE, Timeout=2, MemorySize=192)
    client = embedded_account.client("lambda")

    def call(**event: Any) -> dict[str, Any]:
        return json.loads(
            client.invoke(FunctionName="probe", Payload=json.dumps(event))["Payload"].read()
        )

    return call


def test_an_exception_keeps_its_type_and_the_environment_stays_warm(invoke: Any) -> None:
    before = invoke()["calls"]
    failed = invoke(do="raise Unfit('row 3')")
    assert (failed["errorType"], failed["errorMessage"]) == ("Unfit", "row 3")
    assert any("index.py" in line for line in failed["stackTrace"])
    assert invoke()["calls"] == before + 2


def test_a_function_over_its_memory_size_is_killed(invoke: Any) -> None:
    failed = invoke(do="x = bytearray(400 << 20); time.sleep(1)")
    assert failed["errorType"] == "Runtime.OutOfMemory"
    assert invoke()["calls"] == 1


def test_a_function_over_its_timeout_is_killed(invoke: Any) -> None:
    failed = invoke(do="time.sleep(30)")
    assert failed["errorType"] == "Sandbox.Timedout"
    assert failed["errorMessage"].endswith("Task timed out after 2.00 seconds")


def test_a_function_that_exits_reports_its_status(invoke: Any) -> None:
    failed = invoke(do="os._exit(3)")
    assert failed["errorType"] == "Runtime.ExitError"
    assert failed["errorMessage"].endswith("exit status 3")


def test_an_answer_that_is_not_json_is_a_marshal_error(invoke: Any) -> None:
    assert invoke(see="object()")["errorType"] == "Runtime.MarshalError"


def test_a_function_sees_boto3_but_nothing_else_of_the_emulators_environment(invoke: Any) -> None:
    assert invoke(see="__import__('boto3').__name__")["seen"] == "boto3"
    for hidden in ("yaml", "ministack", "cryptography"):
        assert invoke(do=f"import {hidden}")["errorType"] == "ModuleNotFoundError"


def test_a_function_sees_only_its_own_environment_variables(invoke: Any) -> None:
    names = set(invoke(see="list(os.environ)")["seen"])
    assert {
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_REGION",
        "AWS_ENDPOINT_URL",
    } <= names
    assert not {"GHOSTEAM_IMAGES", "GATEWAY_PORT", "AUTH", "PYTHONUNBUFFERED"} & names


def test_a_missing_module_is_reported_as_lambda_reports_it(
    embedded_account: EmbeddedAccount,
) -> None:
    embedded_account.function("unlayered", "import polars\ndef handler(event, context): pass\n")
    response = embedded_account.client("lambda").invoke(FunctionName="unlayered")
    body = json.loads(response["Payload"].read())
    assert body["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'polars'" in body["errorMessage"]
    assert "Runtime.ImportModuleError" in embedded_account.log_text("unlayered")


def test_layers_lie_over_each_other_in_one_folder_like_opt(
    embedded_account: EmbeddedAccount,
) -> None:
    client = embedded_account.client("lambda")
    layers = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": archive(files)})[
            "LayerVersionArn"
        ]
        for name, files in {
            "first": {
                "python/lib_a.py": "import pathlib\nroot = pathlib.Path(__file__).parents[1]\n"
            },
            "second": {"settings/problem.txt": "flights"},
        }.items()
    ]
    source = (
        "import lib_a\ndef handler(event, context): return (lib_a.root / "
        "'settings/problem.txt').read_text()\n"
    )
    embedded_account.function("layered", source, Layers=layers)
    assert json.loads(client.invoke(FunctionName="layered")["Payload"].read()) == "flights"


def test_a_denied_call_fails_under_the_functions_role_and_stands_in_its_log(
    embedded_account: EmbeddedAccount,
) -> None:
    source = (
        "import boto3\ndef handler(event, context): "
        "boto3.client('s3').get_object(Bucket='vault', Key='k')\n"
    )
    embedded_account.client("s3").create_bucket(Bucket="vault")
    embedded_account.function(
        "burglar", source, allow("s3:GetObject", "arn:aws:s3:::other/*"), Timeout=20
    )
    response = embedded_account.client("lambda").invoke(FunctionName="burglar")
    assert response["FunctionError"] == "Unhandled"
    log = embedded_account.log_text("burglar")
    assert "AccessDenied" in log
    assert "assumed-role/burglar-role/burglar is not authorized to perform: s3:GetObject" in log


def test_an_embedded_metric_lands_with_its_dimensions(
    embedded_account: EmbeddedAccount, invoke: Any
) -> None:
    directive = (
        '[{"Namespace": "Emf", "Dimensions": [["problem"]], '
        '"Metrics": [{"Name": "rows", "Unit": "Count"}]}]'
    )
    invoke(
        do="print(json.dumps({'_aws': {'Timestamp': int(time.time() * 1000), "
        f"'CloudWatchMetrics': json.loads('{directive}')}}, 'problem': 'flights', 'rows': [3, "
        f"4]}}))"
    )
    cloudwatch = embedded_account.client("cloudwatch")
    metric = eventually(lambda: cloudwatch.list_metrics(Namespace="Emf")["Metrics"])[0]
    assert metric["Dimensions"] == [{"Name": "problem", "Value": "flights"}]


def test_printed_lines_and_log_records_reach_the_log_in_order(
    embedded_account: EmbeddedAccount, invoke: Any
) -> None:
    invoke(do="print('one'); __import__('logging').warning('two'); os.write(1, b'three\\n')")
    lines = embedded_account.log_text("probe").splitlines()
    first = lines.index("one")
    assert lines[first + 1].startswith("[WARNING]\t")
    assert lines[first + 1].endswith("\ttwo")
    assert lines[first + 2] == "three"


def test_what_no_function_uses_any_more_is_removed_from_the_disk(
    embedded_account: EmbeddedAccount,
) -> None:
    unpacked = Path(embedded_account.descriptor.state_dir) / "run" / "packages"
    embedded_account.function("changing", SOURCE)
    embedded_account.function("staying", SOURCE + "\n# another package")
    client = embedded_account.client("lambda")

    def modules() -> str:
        return "".join(path.read_text() for path in unpacked.glob("*/index.py"))

    client.invoke(FunctionName="staying", Payload=b"{}")
    for number in range(4):
        code = archive({"index.py": f"{SOURCE}\n# change {number}"})
        client.update_function_code(FunctionName="changing", ZipFile=code)
        assert (
            json.loads(client.invoke(FunctionName="changing", Payload=b"{}")["Payload"].read())[
                "calls"
            ]
            == 1
        )
    assert "# change 3" in modules()
    assert "# another package" in modules()
    # A running environment keeps its package until it ends; at most the last one still does.
    assert "# change 0" not in modules()
    assert "# change 1" not in modules()
