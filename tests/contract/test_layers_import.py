"""The real layers: each imports by itself beside the runtime's boto3, works, and fits; for AWS
under a real Python 3.13.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from email import message_from_string
from importlib import import_module
from pathlib import Path

import pytest

from layers.build.builder import BuiltLayer, build_layers
from layers.build.elf import is_elf
from layers.build.gates import check_function_sizes, check_shared_objects
from layers.build.isolation import RUNTIME_MODULES, isolated_import
from layers.build.python313 import ensure_python313
from layers.build.specs import LAYERS, RUNTIME_PROVIDED, Target
from layers.build.uv import constraints_of

pytestmark = pytest.mark.contract
ROOT = Path(__file__).resolve().parents[2]
PYTHON313_CACHE = ROOT / ".ghosteam/cache/python313"

VALIDATE_A_FILE = """
import io, sys
import numpy as np, pandera.polars as pa, polars as pl

class Weather(pa.DataFrameModel):
    temp: float = pa.Field(in_range={"min_value": -50.0, "max_value": 120.0})

frame = pl.read_csv(io.BytesIO(b"origin,temp\\nJFK,40.5\\nLGA,1e9\\n"))
try:
    Weather.validate(frame, lazy=True)
except pa.errors.SchemaErrors as errors:
    assert errors.failure_cases["failure_case"].to_list() == ["1000000000.0"], errors.failure_cases
else:
    raise AssertionError("an impossible temperature passed")
parquet = io.BytesIO()
frame.write_parquet(parquet)
parquet.seek(0)
assert pl.read_parquet(parquet).equals(frame)
assert np.isclose(np.linalg.det(np.eye(3) * 2), 8)
assert "pandas" not in sys.modules and "pyarrow" not in sys.modules
"""

ANSWER_A_REQUEST = """
from fastapi import FastAPI
from mangum import Mangum
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from pydantic import BaseModel

class Flight(BaseModel):
    carrier: str

app = FastAPI()

@app.post("/predict")
def predict(flight: Flight) -> dict[str, str]:
    return {"carrier": flight.carrier}

http = {"method": "POST", "path": "/predict", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
"userAgent": "t"}
event = {"version": "2.0", "routeKey": "$default", "rawPath": "/predict", "rawQueryString": ""}
event |= {"headers": {"content-type": "application/json"}, "isBase64Encoded": False}
event |= {"requestContext": {"http": http, "stage": "$default"}}
answer = Mangum(app, lifespan="off")
assert answer(event | {"body": '{"carrier": "UA"}'}, None)["statusCode"] == 200
assert answer(event | {"body": "{}"}, None)["statusCode"] == 422
"""

ENCODE_A_KEY = """
import sys
import mmh3
from feast.infra.key_encoding_utils import deserialize_entity_key, serialize_entity_key
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value

key = EntityKey(join_keys=["carrier"], entity_values=[Value(string_val="UA")])
packed = serialize_entity_key(key, entity_key_serialization_version=3)
assert deserialize_entity_key(packed, entity_key_serialization_version=3) == key
print("KEY", mmh3.hash_bytes(packed).hex())
assert "pandas" not in sys.modules
"""

REGISTER_A_MODEL = """
import mlflow
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

client = MlflowClient("http://127.0.0.1:1", registry_uri="http://127.0.0.1:1")
assert callable(client.create_model_version) and callable(client.set_registered_model_alias)
try:
    client.search_registered_models()
except MlflowException as error:
    assert "127.0.0.1" in str(error)
else:
    raise AssertionError("a registry answered where there is none")
"""

ASK_A_DATABASE = """
import pg8000.dbapi as driver

query = "SELECT a::text FROM t WHERE a > :watermark"
assert driver.convert_paramstyle("named", query, {"watermark": 1})[0].endswith("a > $1")
try:
    driver.connect(user="reader", password="x", host="127.0.0.1", port=1, timeout=5)
except driver.InterfaceError:
    pass
else:
    raise AssertionError("a database answered where there is none")

import pymysql

try:
    pymysql.connect(user="reader", password="x", host="127.0.0.1", port=1, connect_timeout=5)
except pymysql.OperationalError:
    pass
else:
    raise AssertionError("a database answered where there is none")

import socket

from pytds.connection import NonMarsConnection
from pytds.tds_base import ClosedConnectionError, _TdsLogin
from pytds.tds_socket import _TdsSocket

ours, nobodys = socket.socketpair()
nobodys.close()
try:
    _TdsSocket(sock=ours, login=_TdsLogin()).login()
except (ClosedConnectionError, OSError):
    pass
else:
    raise AssertionError("a database answered where there is none")
"""

WORK = {
    "data": VALIDATE_A_FILE,
    "web": ANSWER_A_REQUEST,
    "features": ENCODE_A_KEY,
    "mlflow": REGISTER_A_MODEL,
    "sql": ASK_A_DATABASE,
}


@dataclass(frozen=True)
class Built:
    target: Target
    python: Path
    layers: dict[str, BuiltLayer]


@pytest.fixture(scope="module", params=["local", "aws"])
def built(request: pytest.FixtureRequest) -> Built:
    target: Target = request.param
    reasons: list[str] = []
    python = (
        Path(sys.executable)
        if target == "local"
        else ensure_python313(PYTHON313_CACHE, reasons.append)
    )
    if python is None:
        pytest.skip(reasons[-1])
    return Built(target, python, {layer.name: layer for layer in build_layers(ROOT, target)})


@pytest.fixture(scope="module")
def feast_key_of_carrier_ua() -> str:
    """The DynamoDB key that the installed feast, imported whole, computes for carrier UA:
    hexadecimal.
    """
    helpers = import_module("feast.infra.online_stores.helpers")
    messages = import_module("feast.protos.feast.types.EntityKey_pb2")
    values = import_module("feast.protos.feast.types.Value_pb2")
    key = messages.EntityKey(join_keys=["carrier"], entity_values=[values.Value(string_val="UA")])
    return str(helpers.compute_entity_id(key, entity_key_serialization_version=3))


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_imports_with_nothing_beside_it_but_the_runtimes_boto3(
    built: Built, name: str
) -> None:
    done = isolated_import(
        [built.layers[name].path], None, LAYERS[name].imports, python=built.python
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["modules"] > 0


@pytest.mark.parametrize("name", WORK)
def test_what_a_layer_is_for_works_with_it_alone(built: Built, name: str, tmp_path: Path) -> None:
    (tmp_path / "handler.py").write_text(WORK[name])
    environment = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    done = isolated_import(
        [built.layers[name].path], tmp_path, "handler", python=built.python, extra_env=environment
    )
    assert done.returncode == 0, done.stderr


def test_the_feature_layer_hashes_keys_as_the_whole_of_feast_does(
    built: Built, feast_key_of_carrier_ua: str, tmp_path: Path
) -> None:
    (tmp_path / "handler.py").write_text(ENCODE_A_KEY)
    done = isolated_import(
        [built.layers["features"].path], tmp_path, "handler", python=built.python
    )
    assert f"KEY {feast_key_of_carrier_ua}" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "names",
    [("core", "web", "data", "features"), ("core", "web", "features", "mlflow")],
    ids="-".join,
)
def test_the_widest_sets_of_layers_fit_into_one_function(
    built: Built, names: tuple[str, ...]
) -> None:
    check_function_sizes({"widest": [built.layers[name].path for name in names]})


def test_reading_features_takes_few_megabytes(built: Built) -> None:
    assert built.layers["features"].size <= 5_000_000


def test_every_layer_comes_compiled_for_its_own_interpreter_only(built: Built) -> None:
    tag = "cpython-313" if built.target == "aws" else sys.implementation.cache_tag
    for layer in built.layers.values():
        compiled = [path.suffixes[0].strip(".") for path in layer.path.rglob("*.pyc")]
        assert set(compiled) == {tag}, layer.name


def test_no_layer_brings_its_own_boto3(built: Built) -> None:
    assert set(RUNTIME_PROVIDED) <= set(RUNTIME_MODULES)
    for layer in built.layers.values():
        packages = {path.name for path in (layer.path / "python").iterdir()}
        assert not packages & set(RUNTIME_PROVIDED), layer.name


def test_every_licence_file_that_a_package_declares_is_shipped(built: Built) -> None:
    declared = 0
    for layer in built.layers.values():
        for info in (layer.path / "python").glob("*.dist-info"):
            metadata = message_from_string((info / "METADATA").read_text(encoding="utf-8"))
            for name in metadata.get_all("License-File", []):
                declared += 1
                assert any(
                    (info / place / name).is_file() for place in ("licenses", "license_files", "")
                ), (info.name, name)
    assert declared > 0


@pytest.mark.parametrize("built", ["aws"], indirect=True)
def test_shared_objects_for_aws_load_on_amazon_linux_2023(built: Built) -> None:
    for name, layer in built.layers.items():
        assert check_shared_objects(layer.path) == sum(
            is_elf(p) for p in layer.path.rglob("*") if p.is_file()
        )
        assert name in ("core", "problems", "sql") or any(layer.path.rglob("*.so")), name


def test_the_pins_of_every_layer_are_those_of_the_development_environment() -> None:
    def pins(lock: Path) -> set[str]:
        return {
            line.split(";")[0].split("[")[0].strip()
            for line in constraints_of(lock.read_text()).splitlines()
        }

    development = pins(ROOT / "requirements/dev.lock")
    for spec in LAYERS.values():
        if spec.source is None:
            assert pins(ROOT / "layers" / spec.name / "requirements.lock") <= development, spec.name
