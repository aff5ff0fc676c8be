"""What to paste to send to a source, for each SDK, with the real key and address filled in. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.utils.translation import gettext_lazy as _


class Snippet(msgspec.Struct, frozen=True):
    key: str
    label: str
    install: str  # a command, or ""
    code: str
    note: Any = ""


_BROWSER = """<script>
(function () {
  var queue = window.analytics = window.analytics || [];
  if (queue.initialize) return;
  queue.methods = ["track", "page", "identify", "group", "alias", "reset", "ready",
    "on", "once", "off", "user", "setAnonymousId", "debug"];
  queue.methods.forEach(function (name) {
    queue[name] = function () { queue.push([name].concat([].slice.call(arguments))); return queue; };
  });
  queue._writeKey = "KEY";
  queue._cdn = "EDGE";
  queue.SNIPPET_VERSION = "5.2.1";
  var script = document.createElement("script");
  script.async = true;
  script.src = queue._cdn + "/analytics.js/v1/" + queue._writeKey + "/analytics.min.js";
  document.head.appendChild(script);
  queue.page();
})();
</script>"""

_BROWSER_SNIPPETS = (
    Snippet(
        "browser",
        "HTML",
        "",
        _BROWSER,
        _("Put it before </head> on every page. If you have Segment's own snippet already, change only the host."),
    ),
    Snippet(
        "npm",
        "npm",
        "npm install @segment/analytics-next",
        """import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load(
  { writeKey: "KEY", cdnURL: "EDGE" },
  { integrations: { "Segment.io": { apiHost: "HOST/v1", protocol: "SCHEME" } } },
);
analytics.page();
analytics.track("Product Viewed", { product_id: "A1", price: 250000 });""",
    ),
    Snippet(
        "rudder",
        "RudderStack JS",
        "npm install @rudderstack/analytics-js",
        """import { RudderAnalytics } from "@rudderstack/analytics-js";

const analytics = new RudderAnalytics();
analytics.load("KEY", "EDGE", { configUrl: "EDGE" });
analytics.page();
analytics.track("Product Viewed", { product_id: "A1", price: 250000 });""",
    ),
)
_SERVER_SNIPPETS = (
    Snippet(
        "curl",
        "curl",
        "",
        """curl EDGE/v1/track \\
  -u KEY: \\
  -H 'Content-Type: application/json' \\
  -d '{"userId": "u1", "event": "Order Completed",
       "properties": {"order_id": "A-1", "total": 250000, "currency": "VND"},
       "context": {"traits": {"email": "lan@example.com", "phone": "0912345678"}}}'""",
        _("One event from a terminal: the quickest way to see that everything is connected."),
    ),
    Snippet(
        "node",
        "Node.js",
        "npm install @segment/analytics-node",
        """import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "KEY", host: "EDGE" });
analytics.identify({ userId: "u1", traits: { email: "lan@example.com", phone: "0912345678" } });
analytics.track({ userId: "u1", event: "Order Completed", properties: { order_id: "A-1", total: 250000 } });
await analytics.closeAndFlush();""",
    ),
    Snippet(
        "python",
        "Python",
        "pip install segment-analytics-python",
        """import segment.analytics as analytics

analytics.write_key = "KEY"
analytics.host = "EDGE"
analytics.identify("u1", {"email": "lan@example.com", "phone": "0912345678"})
analytics.track("u1", "Order Completed", {"order_id": "A-1", "total": 250000})
analytics.shutdown()""",
    ),
    Snippet(
        "java",
        "Java",
        "implementation 'com.segment.analytics.java:analytics:3.5.2'",
        """Analytics analytics = Analytics.builder("KEY").endpoint("EDGE").build();
analytics.enqueue(TrackMessage.builder("Order Completed")
    .userId("u1")
    .properties(Map.of("order_id", "A-1", "total", 250000)));
analytics.flush();""",
    ),
    Snippet(
        "ruby",
        "Ruby",
        "gem install analytics-ruby",
        """require "segment/analytics"

analytics = Segment::Analytics.new(write_key: "KEY", host: "HOSTNAME", port: PORT, ssl: TLS)
analytics.track(user_id: "u1", event: "Order Completed", properties: { order_id: "A-1", total: 250_000 })
analytics.flush""",
    ),
    Snippet(
        "go",
        "Go",
        "go get github.com/segmentio/analytics-go/v3",
        """client, _ := analytics.NewWithConfig("KEY", analytics.Config{Endpoint: "EDGE"})
defer client.Close()

client.Enqueue(analytics.Track{
    UserId: "u1",
    Event:  "Order Completed",
    Properties: analytics.NewProperties().Set("order_id", "A-1").Set("total", 250000),
})""",
    ),
    Snippet(
        "php",
        "PHP",
        "composer require segmentio/analytics-php",
        """Segment\\Segment::init("KEY", ["host" => "HOST", "protocol" => "SCHEME"]);
Segment\\Segment::track([
    "userId" => "u1",
    "event" => "Order Completed",
    "properties" => ["order_id" => "A-1", "total" => 250000],
]);
Segment\\Segment::flush();""",
    ),
)
_APP_SNIPPETS = (
    Snippet(
        "kotlin",
        "Android (Kotlin)",
        'implementation("com.segment.analytics.kotlin:android:1.20.0")',
        """val analytics = Analytics("KEY", applicationContext) {
    apiHost = "HOST/v1"
    cdnHost = "HOST/v1"
    trackApplicationLifecycleEvents = true
}
analytics.track("Product Viewed", buildJsonObject { put("product_id", "A1") })""",
        _("The mobile SDKs speak HTTPS only: give the edge a certificate first."),
    ),
    Snippet(
        "swift",
        "iOS (Swift)",
        "https://github.com/segmentio/analytics-swift",
        """let analytics = Analytics(configuration: Configuration(writeKey: "KEY")
    .apiHost("HOST/v1")
    .cdnHost("HOST/v1")
    .trackApplicationLifecycleEvents(true))
analytics.track(name: "Product Viewed", properties: ["product_id": "A1"])""",
        _("The mobile SDKs speak HTTPS only: give the edge a certificate first."),
    ),
    Snippet(
        "react-native",
        "React Native",
        "npm install @segment/analytics-react-native @segment/sovran-react-native",
        """import { createClient } from "@segment/analytics-react-native";

const analytics = createClient({ writeKey: "KEY", proxy: "EDGE/v1/b", cdnProxy: "EDGE/v1/projects/KEY/settings",
  useSegmentEndpoints: false, trackAppLifecycleEvents: true });
analytics.track("Product Viewed", { product_id: "A1" });""",
    ),
    Snippet(
        "flutter",
        "Flutter",
        "flutter pub add segment_analytics",
        """final analytics = createClient(Configuration("KEY",
    apiHost: "HOST/v1", cdnHost: "HOST/v1", trackApplicationLifecycleEvents: true));
analytics.track("Product Viewed", properties: {"product_id": "A1"});""",
        _("The mobile SDKs speak HTTPS only: give the edge a certificate first."),
    ),
)


def snippets(kind: str, write_key: str, edge_url: str) -> list[Snippet]:
    """For a `browser` source the public SDKs (sites and apps), for a `server` source the trusted ones."""
    url = urlsplit(edge_url)
    tls = url.scheme == "https"
    values = {
        "HOSTNAME": url.hostname or "",
        "PORT": str(url.port or (443 if tls else 80)),
        "TLS": "true" if tls else "false",
        "HOST": url.netloc + url.path.rstrip("/"),
        "SCHEME": url.scheme,
        "EDGE": edge_url.rstrip("/"),
        "KEY": write_key,
    }
    offered = (*_BROWSER_SNIPPETS, *_APP_SNIPPETS) if kind == "browser" else _SERVER_SNIPPETS
    return [msgspec.structs.replace(one, code=_filled(one.code, values)) for one in offered]


def _filled(code: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        code = code.replace(name, value)
    return code
