"""What jobs left is put on record once, and nothing else is believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghosteam.aws.digests import record, recorded, verified_json
from ghosteam.documents import keys, state_keys
from ghosteam.documents.digests import Digests, check_file, digest_for
from ghosteam.errors import Defect, NotFound
from ghosteam.steps.record_training_set import record_training_set
from tests.accounts import Account, memory_account
from tests.documents import run


@pytest.fixture
def account() -> Iterator[Account]:
    with memory_account() as made:
        made.state.create("flights", state_keys.RUNS / "r1", run("r1"))
        yield made


def put(account: Account, found: dict[str, str]) -> dict[str, str]:
    return record(account.state, account.artifacts, "flights", "r1", found)


def test_digests_of_several_steps_add_up_where_functions_and_jobs_read_them(
    account: Account,
) -> None:
    put(account, {"a": "1"})
    assert put(account, {"b": "2"}) == put(account, {"a": "1"}) == {"a": "1", "b": "2"}
    assert recorded(account.state, "flights", "r1") == {"a": "1", "b": "2"}
    kept = account.artifacts.get_json(keys.digests("flights", "r1"))
    assert Digests.from_json(kept).by_key == {"a": "1", "b": "2"}


def test_what_is_on_record_is_not_put_on_record_anew(account: Account) -> None:
    put(account, {"a": "1"})
    with pytest.raises(Defect, match="changed after it was put on record"):
        put(account, {"a": "2", "b": "3"})
    assert recorded(account.state, "flights", "r1") == {"a": "1"}


def test_without_a_run_there_is_no_record(account: Account) -> None:
    with pytest.raises(NotFound, match="no such run"):
        recorded(account.state, "flights", "r2")
    with pytest.raises(Defect, match="no document"):
        record(account.state, account.artifacts, "flights", "r2", {"a": "1"})


def test_what_is_not_on_record_is_not_believed() -> None:
    with pytest.raises(Defect, match="no digest on record"):
        digest_for({"a": "1"}, "b")


def test_a_document_is_read_only_as_it_was_put_on_record(account: Account) -> None:
    account.artifacts.put_json("evaluation.json", {"decision": "refuse"})
    digest = account.artifacts.digest("evaluation.json")
    assert verified_json(account.artifacts, "evaluation.json", digest) == {"decision": "refuse"}
    account.artifacts.put_json("evaluation.json", {"decision": "promote"})
    with pytest.raises(Defect, match="changed after it was put on record") as caught:
        verified_json(account.artifacts, "evaluation.json", digest)
    assert caught.value.where["key"] == "evaluation.json"


def test_a_file_is_compared_whole(tmp_path: Path) -> None:
    body = bytes(range(256)) * 20_000
    (tmp_path / "file").write_bytes(body)
    check_file(tmp_path / "file", "file", hashlib.sha256(body).hexdigest())
    with pytest.raises(Defect, match="changed"):
        check_file(tmp_path / "file", "file", hashlib.sha256(body[:-1]).hexdigest())


def test_the_training_set_is_put_on_record_once(account: Account) -> None:
    files = [f"{keys.training_set('flights', 'r1')}/{name}" for name in keys.TRAINING_SET_FILES]
    for key in files[:-1]:
        account.artifacts.put(key, key.encode())
    with pytest.raises(NotFound):
        record_training_set("flights", "r1", artifacts=account.artifacts, state=account.state)
    account.artifacts.put(files[-1], b"{}")
    files.insert(0, f"{keys.training_set('flights', 'r1')}/{keys.SINCE}")
    account.artifacts.put(files[0], b"rows of the days before the hold-out")
    found = record_training_set("flights", "r1", artifacts=account.artifacts, state=account.state)
    assert set(found) == set(files) and found[files[-1]] == hashlib.sha256(b"{}").hexdigest()
    assert (
        record_training_set("flights", "r1", artifacts=account.artifacts, state=account.state)
        == found
    )
    account.artifacts.put(files[0], b"others rows")
    with pytest.raises(Defect, match="changed"):
        record_training_set("flights", "r1", artifacts=account.artifacts, state=account.state)
