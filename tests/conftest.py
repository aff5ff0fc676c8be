"""Fixtures. Each xdist worker has one Quen for all of its tests: use addresses and ids of your own in every test."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import hypothesis
import pytest

from tests.edge_only import EdgeOnly
from tests.support import Quen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, StorageState

# Tests of pure parts and of models run in this process: settings of their own, before Django reads them.
_data_dir = Path(tempfile.mkdtemp(prefix="quen-unit-"))
os.environ["QUEN_DATA_DIR"] = str(_data_dir)
os.environ["DJANGO_SETTINGS_MODULE"] = "quen.settings"
django.setup()

ARTEFACTS = Path(__file__).resolve().parents[1] / "test-artifacts"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # Sandboxed frames in the process of the page: else, just after a scroll, Chromium sends a click by the picture
    # before, to a frame that is no longer there, and neither the page nor Playwright hears of it.
    "--disable-site-isolation-trials",
]
PATIENCE_MS = 60_000  # of clicks and expectations: what a machine with too much to do may need


# A slow moment of a busy machine is no failure; a failing example can be repeated from what is printed.
hypothesis.settings.register_profile("quen", deadline=None, print_blob=True)
hypothesis.settings.load_profile("quen")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers inherit this environment: let each make a data directory of its own (chDB admits one process)."""
    del os.environ["QUEN_DATA_DIR"], os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Workers must agree on the name of each case: bytes (a gzip header holds the time) do not make one."""
    return argname if isinstance(val, bytes) else None


def pytest_unconfigure() -> None:
    shutil.rmtree(_data_dir, ignore_errors=True)


# Tests of a running Quen and of a browser wait for many processes on a machine of unknown load. In CI one that fails is
# run once more, and named at the end with all that it said the first time: to be mended, not to be got used to.
TRIED_AGAIN = ("tests/flows/", "tests/browser/")
MOST_TRIED_AGAIN = 3  # in all: where more fail, something is wrong


# Workers take files in this order: first what needs no running Quen, then the files that take minutes, so that at the
# end no worker has one of those left while the others have nothing to do.
LONG = (
    "tests/faults/",
    "tests/flows/test_backup",
    "tests/flows/test_commands",
    "tests/flows/test_delivery_crash",
    "tests/flows/test_duplicates",
    "tests/flows/test_import_online_retail",
    "tests/flows/test_survival",
    "tests/flows/test_system",
    "tests/flows/test_wheel",
    "tests/browser/test_storefront",
)


def _turn(item: pytest.Item) -> int:
    if item.nodeid.startswith(LONG):
        return 1
    return 2 if item.nodeid.startswith(TRIED_AGAIN) else 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=_turn)
    if os.environ.get("CI", "").lower() not in {"true", "1"}:
        return
    config.option.max_suite_reruns = MOST_TRIED_AGAIN
    for item in items:
        if item.nodeid.startswith(TRIED_AGAIN):
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that passed only when they were run again, and show how they failed."""
    stats = terminalreporter.stats
    failed = {report.nodeid for kind in ("failed", "error") for report in stats.get(kind, [])}
    flaky = [report for report in stats.get("rerun", []) if report.nodeid not in failed]
    if not flaky:
        return
    terminalreporter.write_sep("=", f"FLAKY: {len(flaky)} failed at first and passed when run again", yellow=True)
    for report in flaky:
        terminalreporter.write_sep("_", report.nodeid)
        terminalreporter.write_line(report.longreprtext)
        for title, text in report.sections:
            terminalreporter.write_sep("-", title)
            terminalreporter.write_line(text)
    for report in flaky:
        terminalreporter.write_line(f"FLAKY {report.nodeid}", yellow=True)


@pytest.fixture(scope="session")
def quen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Quen]:
    """A running Quen. Shared by the tests of this worker: never stop it, and expect other people's data in it."""
    instance = Quen(tmp_path_factory.mktemp("quen") / worker_id)
    try:
        instance.start()
        request.config.stash[_shared] = instance
        yield instance
    finally:
        instance.close()


_shared = pytest.StashKey[Quen]()


@pytest.fixture(scope="module", autouse=True)
def _tidied(request: pytest.FixtureRequest) -> Iterator[None]:
    """A file's segments and journeys end with it: a rule such as `has an e-mail address` would take in everybody."""
    yield
    if shared := request.config.stash.get(_shared, None):
        shared.tidy()


@pytest.fixture
def new_quen(tmp_path: Path) -> Iterator[Callable[..., Quen]]:
    """Make a Quen of the test's own, not yet started: `new_quen(JOURNAL_MAX_MB="1")` sets QUEN_JOURNAL_MAX_MB."""
    made: list[Quen] = []

    def make(**settings: str) -> Quen:
        instance = Quen(tmp_path / f"quen-{len(made)}", settings={f"QUEN_{k}": v for k, v in settings.items()})
        made.append(instance)
        return instance

    yield make
    for instance in made:
        instance.close()


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EdgeOnly]:
    """The edge alone, for what only concerns it. Shared: look at the journal from its end before your test on."""
    instance = EdgeOnly(tmp_path_factory.mktemp("edge") / "data")
    try:
        instance.prepare()
        instance.start()
        yield instance
    finally:
        instance.close()


# Of a module, not of the session: Playwright keeps an event loop in this thread, in which Django's ORM refuses to work.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, the machine's own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, quen: Quen) -> StorageState:
    """The cookies of the owner after signing in through the form."""
    with _context(browser, quen) as context:
        sign_in(context.new_page(), quen)
        return context.storage_state()


@pytest.fixture
def page(browser: Browser, quen: Quen, signed_in: StorageState) -> Iterator[Page]:
    """The console on a desktop, signed in as the owner, in Vietnamese."""
    with _context(browser, quen, storage_state=signed_in) as context:
        yield _watched(context.new_page())


@pytest.fixture
def phone_page(browser: Browser, quen: Quen, signed_in: StorageState) -> Iterator[Page]:
    """The same on a phone."""
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    with _context(browser, quen, storage_state=signed_in, **phone) as context:
        yield _watched(context.new_page())


@pytest.fixture
def visitor(browser: Browser, quen: Quen) -> Iterator[Page]:
    """A browser that is not signed in."""
    with _context(browser, quen) as context:
        yield _watched(context.new_page())


@contextmanager
def _context(browser: Browser, quen: Quen, **options: Any) -> Iterator[BrowserContext]:
    defaults: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "vi-VN"}
    context = browser.new_context(base_url=quen.base_url, **(defaults | options))
    context.set_default_timeout(PATIENCE_MS)
    try:
        yield context
    finally:
        context.close()


def _watched(page: Page) -> Page:
    """Keep what the page complains of, for the report of a failed test (and for tests that expect silence)."""
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


def sign_in(page: Page, quen: Quen, email: str = "", password: str = "") -> None:
    """Through the form, as a person does; ends on the page after it."""
    page.goto("/")
    page.locator("input[name=login], input[name=email]").first.fill(email or quen.owner_email)
    page.locator("input[type=password]").fill(password or quen.owner_password)
    page.locator("form:has(input[type=password]) button[type=submit]").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test says what Quen logged meanwhile and leaves a picture of every page it had open."""
    report = yield
    arguments = getattr(item, "funcargs", {})
    if call.when == "setup":
        item.stash[_log_start] = _log_size(arguments.get("quen"))
    if report.failed:
        if isinstance(running := arguments.get("quen"), Quen):
            report.sections.append(("quen up", running.log_tail(item.stash.get(_log_start, 0))))
        for name in ("page", "phone_page", "visitor"):
            if hasattr(shown := arguments.get(name), "screenshot") and call.when == "call":
                report.sections.append((name, _picture(shown, f"{item.nodeid}-{name}")))
    return report


_log_start = pytest.StashKey[int]()


def _log_size(running: object) -> int:
    return running.log_path.stat().st_size if isinstance(running, Quen) and running.log_path.exists() else 0


def _picture(page: Any, name: str) -> str:
    ARTEFACTS.mkdir(exist_ok=True)
    path = ARTEFACTS / (re.sub(r"[^\w.-]+", "_", name) + ".png")
    try:
        page.screenshot(path=path, full_page=True)
    except Exception as error:  # the page may be gone: the test's own failure is what matters
        return f"no screenshot: {error}"
    return "\n".join([f"screenshot: {path}", f"address: {page.url}", *getattr(page, "complaints", [])])
