"""The demo's own process beside the edge and the app: storefront, mailbox with its SMTP server, simulator.

`python -m quen.demo.process SHOP_HOST SHOP_PORT SMTP_PORT`, started by `quen demo` through the supervisor.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from quen.config import config
from quen.demo.loading import DemoState
from quen.demo.people import make_people
from quen.demo.shop.accounts import Accounts
from quen.demo.shop.mail import Mailbox, MailServer
from quen.demo.simulator import Simulator
from quen.errors import ConfigError
from quen.processes import die_with_parent


def main(arguments: list[str]) -> None:
    die_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quen.settings")
    import django

    django.setup()
    from quen.connectors.service import find_or_create_source
    from quen.demo.behaviour import SOURCES
    from quen.demo.shop.site import Shop, serve

    host, port, smtp_port = arguments[0], int(arguments[1]), int(arguments[2])
    settings = config()
    folder = settings.data_dir / "demo"
    state = DemoState.read(folder / "state.json")
    if state is None:
        raise ConfigError(f"{folder} holds no sample shop; start it with `quen demo`")
    keys = {key: find_or_create_source(name, kind).write_key for key, (name, kind) in SOURCES.items()}
    simulator = Simulator(make_people(state.seed, min(state.customers, 5_000)), keys, settings.edge_url)
    if os.environ.get("QUEN_DEMO_SIMULATOR", "1") == "1":
        simulator.switch(True)
    mailbox = Mailbox(folder / "mail")
    mail_server = MailServer(mailbox, smtp_port)
    mail_server.start()
    simulator.start()
    shop = Shop(settings, keys["web"], mailbox, Accounts(folder / "accounts.json"), simulator)
    server = serve(shop, host, port)

    def stop(*_: object) -> None:
        # `shutdown` waits for the loop, which runs in this very thread: another one has to ask.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever()
    simulator.stop()
    mail_server.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
