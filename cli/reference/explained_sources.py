"""Every field of the sources of ``problem.yaml`` in words, with an example."""

from __future__ import annotations

SOURCE_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "HttpSource": {
        "kind": ("The kind of source.", "http"),
        "dataset": ("The data set that the rows belong to.", "weather"),
        "every": ("How often it is pulled, in whole minutes.", "1h"),
        "cron": (
            "In place of `every`: the times in UTC at which it is pulled, as EventBridge Scheduler "
            "writes them.",
            '"30 6 ? * MON-FRI *"',
        ),
        "max_bytes": ("Most bytes that one pull lands, as JSON lines.", "50000000"),
        "url": ("Address of the first page.", "https://example.com/v1/rows"),
        "rows": ("Path of the list of rows in a page; empty when the page is the list.", "data"),
        "next": ("How a page names the next one, see Next.", "{field: meta.next}"),
        "cursor": (
            "How a pull asks for what is newer, see HttpCursor.",
            "{field: at, start: 0, parameter: since}",
        ),
        "header": ("A header with a secret, see Header.", "{name: X-Api-Key, secret: rows-key}"),
    },
    "SqlSource": {
        "kind": ("The kind of source.", "sql"),
        "dataset": ("The data set that the rows belong to.", "rides"),
        "every": ("How often it is pulled, in whole minutes.", "15m"),
        "cron": (
            "In place of `every`: the times in UTC at which it is pulled, as EventBridge Scheduler "
            "writes them.",
            '"30 6 ? * MON-FRI *"',
        ),
        "max_bytes": ("Most bytes that one pull lands, as JSON lines.", "50000000"),
        "query": (
            "One statement, which holds `:watermark` where newer rows begin.",
            "SELECT * FROM rides WHERE at > :watermark",
        ),
        "cursor": ("How a pull asks for what is newer, see Cursor.", "{field: at, start: 0}"),
        "secret": ("Name of a secret with host, username and password as JSON.", "rides-database"),
    },
    "StreamSource": {
        "kind": ("The kind of source.", "stream"),
        "dataset": ("The data set that the records belong to, one row each.", "clicks"),
        "every": ("How long records are gathered before they land as a file.", "1m"),
        "shards": ("Shards of the stream.", "1"),
        "keep": ("How long the stream keeps its records.", "1d"),
    },
    "Cursor": {
        "field": ("Column that grows with every change of a row.", "updated_at"),
        "start": ("Where the first pull begins: a time or a whole number.", "2024-01-01"),
        "overlap": ("How far behind the newest each pull asks again.", "5m"),
    },
    "HttpCursor": {
        "field": ("Field that grows with every change of a row.", "updated_at"),
        "start": ("Where the first pull begins: a time or a whole number.", "2024-01-01"),
        "overlap": ("How far behind the newest each pull asks again.", "5m"),
        "parameter": ("Query parameter that says what is newer.", "since"),
    },
    "Next": {
        "field": ("Path of the next page's URL, or of a token.", "meta.next"),
        "parameter": ("Query parameter for the token.", "page"),
        "header": ("In place of `field`: the header `Link` names the next page.", "link"),
        "page": (
            "In place of `field`: the query parameter that counts pages up, until one holds no "
            "rows.",
            "page",
        ),
        "first": ("The number of the first `page`.", "1"),
    },
    "Header": {
        "name": ("The header's name.", "X-Api-Key"),
        "secret": ("Name of the secret in Secrets Manager.", "rows-key"),
    },
}
