"""What SDKs load before they send: their settings, and in browsers their own files."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import quen
from quen.edge.auth import key_of_header, key_of_query
from quen.edge.http import Answer, Headers, RequestError, Scope, json_answer
from quen.edge.sources import Source, Sources

VENDOR = Path(quen.__file__).parent / "web/static/vendor"
HOUR = b"public, max-age=3600"
FOR_EVER = b"public, max-age=31536000, immutable"  # the files' names hold a hash of their content
NO_CACHE = (b"cache-control", b"no-cache")

# The SDK finds the host of its parts and settings in its script's address, but only in one that begins with https.
# This tells it on plain http too.
SEGMENT_PREAMBLE = """(function(){var s=document.currentScript,
k=s&&s.getAttribute("data-global-segment-analytics-key")||"analytics",a=window[k]=window[k]||[];
a._cdn=a._cdn||%s})();
"""
# The published package exports a class, where the snippet expects the file to take up the calls that it has queued.
RUDDER_PREAMBLE = "var quenQueued=window.rudderanalytics;\n"
RUDDER_POSTAMBLE = """
(function(){var R=window.rudderanalytics.RudderAnalytics;window.rudderanalytics=quenQueued||[];
window.rudderanalytics=new R()})();
"""


class Sdk:
    """`edge_url` is the address at which SDKs reach the edge."""

    def __init__(self, sources: Sources, edge_url: str) -> None:
        self._sources = sources
        url = urlsplit(edge_url)
        self._origin = f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"
        self._protocol = url.scheme
        self._host = f"{url.netloc}{url.path.rstrip('/')}"

    async def segment_settings(self, key: str) -> Answer:
        await self._source(key)
        integration = {"apiKey": key, "apiHost": f"{self._host}/v1", "protocol": self._protocol, "versionSettings": {}}
        # No other integration: each one makes browsers look for code of a destination.
        return json_answer(
            200,
            {
                "integrations": {"Segment.io": integration},
                "plan": {"track": {}, "identify": {}, "group": {}},
                "edgeFunction": {},
                "analyticsNextEnabled": True,
                "metrics": {"sampleRate": 0},
                "remotePlugins": [],
            },
            NO_CACHE,
        )

    async def rudder_settings(self, scope: Scope, headers: dict[bytes, bytes]) -> Answer:
        if scope["method"] == "HEAD":  # a look whether an ad blocker is in the way
            return json_answer(200, {}, NO_CACHE)
        authorization = headers.get(b"authorization")
        key = (key_of_header(authorization) if authorization else None) or key_of_query(scope["query_string"])
        if not key:
            raise RequestError(401, "missing_write_key", "send the write key as writeKey or by Basic authentication")
        source = await self._source(key)
        silent = {"enabled": False}
        return json_answer(
            200,
            {
                "source": {
                    "id": str(source.id),
                    "name": "Quen",
                    "writeKey": key,
                    "workspaceId": "quen",
                    # An SDK that is told to stop does not come back by itself: the edge drops what it sends instead.
                    "enabled": True,
                    "config": {"statsCollection": {"errors": silent, "metrics": silent}},
                    "destinations": [],
                    "connections": [],
                    "sourceDefinition": {"id": "quen", "name": "Quen", "displayName": "Quen"},
                    "sourceDefinitionId": "quen",
                },
                "updatedAt": "2024-01-01T00:00:00.000Z",
            },
            NO_CACHE,
        )

    def segment_script(self, headers: dict[bytes, bytes]) -> Answer:
        """The SDK for the public snippet; any key gets it, as it holds none."""
        return _file("analytics-next/standalone.js", headers, HOUR, before=SEGMENT_PREAMBLE % json.dumps(self._origin))

    def segment_bundle(self, name: str, headers: dict[bytes, bytes]) -> Answer:
        return _file(f"analytics-next/{name}", headers, FOR_EVER)

    def rudder_script(self, headers: dict[bytes, bytes]) -> Answer:
        return _file("rudder/rudder-analytics.min.js", headers, HOUR, before=RUDDER_PREAMBLE, after=RUDDER_POSTAMBLE)

    async def _source(self, key: str) -> Source:
        source = await self._sources.find(key)
        if source is None:
            raise RequestError(404, "unknown_write_key", "no source has this write key")
        return source


def _file(name: str, headers: dict[bytes, bytes], cache_control: bytes, *, before: str = "", after: str = "") -> Answer:
    zipped = b"gzip" in headers.get(b"accept-encoding", b"")
    body = _content(name, before, after, zipped)
    if body is None:
        raise RequestError(404, "not_found", f"there is no file {name.rpartition('/')[2]}")
    answer_headers: Headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", cache_control),
        (b"vary", b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        # Pages that isolate themselves may still load it.
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]
    if zipped:
        answer_headers.append((b"content-encoding", b"gzip"))
    return Answer(200, answer_headers, body)


@cache
def _content(name: str, before: str, after: str, zipped: bool) -> bytes | None:
    path = (VENDOR / name).resolve()
    if path.suffix != ".js" or not path.is_relative_to(VENDOR) or not path.is_file():
        return None
    content = before.encode() + path.read_bytes() + after.encode()
    return gzip.compress(content, 9, mtime=0) if zipped else content
