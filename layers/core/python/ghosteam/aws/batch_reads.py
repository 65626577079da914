"""BatchGetItem for the path of requests, without a model of each value.

botocore checks and writes each key of a request, and reads each value of its answer, by its model
of DynamoDB: that, and preparing a call, takes a caller longer than sending it. Here a request is
one text and an answer what its JSON says, over a connection that is kept. Whatever is not an answer
is left to botocore's own client, which asks again and fails as it always does.
"""

from __future__ import annotations

import hmac
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from zlib import crc32

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from pydantic_core import from_json

from ghosteam.json_object import JsonObject

if TYPE_CHECKING:
    from botocore.compat import HTTPHeaders
    from botocore.credentials import Credentials, ReadOnlyCredentials
    from mypy_boto3_dynamodb import DynamoDBClient

_SERVICE = "dynamodb"
_CONTENT = "application/x-amz-json-1.0"
_TARGET = "DynamoDB_20120810.BatchGetItem"


@dataclass(frozen=True)
class BatchReads:
    """Reads batches of items as ``client`` does, where it does, several threads at once.

    Binary values stay as the answer has them, in base64.
    """

    client: DynamoDBClient

    def batch_get_item(self, *, RequestItems: JsonObject) -> JsonObject:
        """As a boto3 client's, and raises what that raises."""
        body = json.dumps({"RequestItems": RequestItems}).encode()
        found = self._answer(body)
        if found is None:
            return dict(self.client.batch_get_item(RequestItems=RequestItems))
        return found

    def _answer(self, body: bytes) -> JsonObject | None:
        """What DynamoDB says to a request; None unless it is all there."""
        if self._credentials is None:
            return None
        try:
            held, url = self._credentials.get_frozen_credentials(), self.client.meta.endpoint_url
            now, region = datetime.now(UTC), self.client.meta.region_name
            headers = cast("HTTPHeaders", signed(body, url, region, held, now))
            answer = self._session.send(AWSPreparedRequest("POST", url, headers, body, False))
        except BotoCoreError:
            return None
        told = answer.headers.get("x-amz-crc32")
        if answer.status_code != 200 or (told and int(told) != crc32(answer.content)):
            return None
        found: JsonObject = from_json(answer.content)
        return found

    @cached_property
    def _credentials(self) -> Credentials | None:
        return Session().get_credentials()

    @cached_property
    def _session(self) -> URLLib3Session:
        told = vars(self.client.meta.config)
        settings: JsonObject = {
            "timeout": (told["connect_timeout"], told["read_timeout"]),
            "max_pool_connections": told["max_pool_connections"],
            # Or the body would wait until the headers have been acknowledged.
            "socket_options": [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        }
        return URLLib3Session(**settings)


def signed(
    body: bytes, url: str, region: str, held: ReadOnlyCredentials, now: datetime
) -> Mapping[str, str]:
    """The headers of a BatchGetItem, signed with the credentials ``held``.

    Source: AWS, Signature Version 4 for API requests.
    """
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    token = {"x-amz-security-token": held.token} if held.token else {}
    # In the order of their names, as they are signed.
    headers = {
        "content-type": _CONTENT,
        "host": urlsplit(url).netloc,
        "x-amz-date": moment,
        **token,
        "x-amz-target": _TARGET,
    }
    lines, names = "".join(f"{name}:{headers[name]}\n" for name in headers), ";".join(headers)
    request = f"POST\n/\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
    scope = f"{moment[:8]}/{region}/{_SERVICE}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(_key(held.secret_key, scope), text.encode(), "sha256").hex()
    told = f"Credential={held.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    length = str(len(body))
    return {**headers, "content-length": length, "authorization": f"AWS4-HMAC-SHA256 {told}"}


@lru_cache(maxsize=2)
def _key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
