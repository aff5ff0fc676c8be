from __future__ import annotations

import re

import pytest

from quen.connectors.snippets import snippets


@pytest.mark.parametrize("kind", ["browser", "server"])
def test_every_snippet_is_filled_in(kind: str) -> None:
    offered = snippets(kind, "wk123", "https://edge.example:8443/")
    assert len({one.key for one in offered}) == len(offered) >= 7
    for one in offered:
        assert "wk123" in one.code
        assert "edge.example" in one.code
        assert not re.search(r"\b(KEY|EDGE|HOST|HOSTNAME|SCHEME|PORT|TLS)\b", one.code), one.key
        assert "8443//" not in one.code


def test_a_server_key_is_offered_no_browser() -> None:
    assert {"browser", "npm"}.isdisjoint({one.key for one in snippets("server", "k", "http://127.0.0.1:8001")})
