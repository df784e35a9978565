"""What the operator can choose, and what is refused before the server starts."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from blave_mcp.exchanges.dialect import Dialect
from blave_mcp.exchanges.endpoint import Auth
from blave_mcp.exchanges.http import HttpTransport
from blave_mcp.exchanges.wire import Credentials
from blave_mcp.server.app import App, build
from blave_mcp.server.kinds import PRODUCTS, kinds, url_names
from blave_mcp.server.paper_house import paper_key
from blave_mcp.server.settings import KEY_VARIABLES, PREFIX, BadSetting, Settings, load
from tests.conftest import ROOT
from tests.fakes import START_MS

KEYS = {variable: f"fake-{n:04}-of-{variable.lower()}" for n, variable in enumerate(KEY_VARIABLES)}
NAMES = url_names()
FUTURES = "BLAVE_MCP_BINANCE_FUTURES_URL"


def settings_of(given: Mapping[str, str], file: Path | None = None) -> Settings:
    return load(given, url_names=NAMES, env_file=file or Path(os.devnull))


def wrong(**given: str) -> str:
    """What is said of an environment that cannot be used."""
    with pytest.raises(BadSetting, match=r"The server did not start\.") as caught:
        settings_of(given)
    return str(caught.value)


# One variable at a time.


def test_without_any_variable_the_server_is_on_paper_and_asks_in_the_chat():
    settings = settings_of({})
    assert (settings.mode, settings.confirm, settings.read_only, settings.toolsets) == ("paper", "chat", False, "all")
    assert (settings.confirm_seconds, settings.protocol) == (300, "auto")
    assert (settings.max_order_quote, settings.max_leverage) == (None, None)
    assert (dict(settings.keys), dict(settings.urls)) == ({}, {})


@pytest.mark.parametrize("mode", ["lve", "real", "production", "live,paper", "0", "true"])
def test_any_other_mode_is_refused(mode: str):
    told = wrong(BLAVE_MCP_MODE=mode)
    assert f'BLAVE_MCP_MODE cannot be "{mode}"' in told
    assert "'paper', 'testnet' or 'live'" in told


@pytest.mark.parametrize("mode", ["live", " LIVE ", "Live"])
def test_a_mode_is_read_without_regard_to_case(mode: str):
    assert settings_of({"BLAVE_MCP_MODE": mode}).mode == "live"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONFIRM", "none"),
        ("CONFIRM", "off"),
        ("CONFIRM", "page"),
        ("CONFIRM_SECONDS", "0"),
        ("CONFIRM_SECONDS", "999999"),
        ("READ_ONLY", "maybe"),
        ("MAX_ORDER_QUOTE", "-5"),
        ("MAX_ORDER_QUOTE", "0"),
        ("MAX_ORDER_QUOTE", "much"),
        ("MAX_ORDER_QUOTE", "NaN"),
        ("MAX_LEVERAGE", "0"),
        ("MAX_LEVERAGE", "2.5"),
        ("PRICE_TOLERANCE_PERCENT", "0"),
        ("PRICE_TOLERANCE_PERCENT", "50"),
        ("PROTOCOL", "2026-07-28"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_variable(name: str, value: str):
    assert f'{PREFIX}{name} cannot be "{value}": ' in wrong(**{PREFIX + name: value})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("BLAVE_MCP_MOD", "BLAVE_MCP_MODE"),
        ("BLAVE_MCP_READONLY", "BLAVE_MCP_READ_ONLY"),
        ("BLAVE_MCP_BINANCE_FUTURE_URL", FUTURES),
        ("BLAVE_MCP_SKIP_CONFIRM", "BLAVE_MCP_CONFIRM"),
        ("blave_mcp_tool_sets", "BLAVE_MCP_TOOLSETS"),
    ],
)
def test_an_unknown_variable_of_ours_is_refused_with_the_nearest_name(name: str, nearest: str):
    told = wrong(**{name: "live"})
    assert f"There is no variable {name.upper()}." in told
    assert nearest in told


def test_no_variable_takes_the_confirmation_away():
    for name in ("AUTO_CONFIRM", "NO_CONFIRM", "CONFIRMATION", "YES", "FORCE", "DANGEROUSLY_SKIP", "READING_SECONDS"):
        assert "There is no variable" in wrong(**{PREFIX + name: "1"})


@pytest.mark.parametrize("blank", ["", "  ", "${user_config.mode}", " ${user_config.binance_api_key} "])
def test_a_blank_field_of_a_clients_form_counts_as_not_set(blank: str):
    assert settings_of({"BLAVE_MCP_MODE": blank, FUTURES: blank, "BINANCE_API_KEY": blank}) == settings_of({})


def test_a_key_that_merely_looks_like_a_field_is_kept():
    key = "x${user_config.mode}"
    assert settings_of({"BINANCE_API_KEY": key}).key("BINANCE_API_KEY") == key


# Base URLs.


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/base/",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:8080/",
    ],
)
def test_a_base_url_is_https_or_loopback(url: str):
    assert settings_of({FUTURES: url}).url("binance", "futures") == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://127.0.0.2",
        "http://0.0.0.0",
        "http://127.0.0.1@example.com",
        "https://user:password@example.com",
        "https://user@example.com",
        "https://example.com?key=1",
        "https://example.com/#part",
        "ftp://example.com",
        "file:///etc/hostname",
        "example.com",
        "https://",
        "https:///path",
        "//example.com",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
    ],
)
def test_any_other_base_url_is_refused_by_its_variable_and_not_repeated(url: str):
    told = wrong(**{FUTURES: url})
    assert f"{FUTURES}: a base URL is https://host, or http:// to this machine's loopback only." in told
    assert "password" not in told


def test_a_venue_with_one_host_has_one_variable_and_the_others_one_a_product():
    assert {"BLAVE_MCP_BLAVE_URL", "BLAVE_MCP_BINANCE_SPOT_URL", FUTURES} <= set(NAMES)
    assert len(NAMES) == sum(len(kind.dialect.hosts) for kind in kinds().values())
    assert {name: tuple(kind.dialect.hosts) for name, kind in kinds().items()} == PRODUCTS
    assert settings_of({"BLAVE_MCP_BLAVE_URL": "https://example.com"}).url("blave", "data") == "https://example.com"
    assert settings_of({FUTURES: "https://example.com"}).url("binance", "spot") is None


# The file under the environment.


def test_the_environment_stands_over_the_file(tmp_path: Path):
    file = tmp_path / "my.env"
    file.write_text("BLAVE_MCP_MODE=live\nBLAVE_MCP_TOOLSETS='market'\nblave_api_key=from-the-file\nOTHER=1\n")
    alone = settings_of({}, file)
    assert (alone.mode, alone.toolsets, alone.key("blave_api_key")) == ("live", "market", "from-the-file")
    over = settings_of({"BLAVE_MCP_MODE": "paper", "BLAVE_API_KEY": "from-outside"}, file)
    assert (over.mode, over.toolsets, over.key("blave_api_key")) == ("paper", "market", "from-outside")
    assert settings_of({"BLAVE_MCP_MODE": ""}, file).mode == "paper", "blank is blank, not what lies under it"


def test_the_file_is_the_one_that_is_named_or_dotenv_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text("BLAVE_MCP_TOOLSETS=market\n")
    (tmp_path / "other").write_text("BLAVE_MCP_TOOLSETS=trade\n")
    monkeypatch.chdir(tmp_path)
    assert load({}, url_names=NAMES).toolsets == "market"
    assert load({"BLAVE_MCP_ENV_FILE": "other"}, url_names=NAMES).toolsets == "trade"
    assert load({"BLAVE_MCP_ENV_FILE": os.devnull}, url_names=NAMES).toolsets == "all"
    with pytest.raises(BadSetting, match=r"BLAVE_MCP_ENV_FILE names mising"):
        load({"BLAVE_MCP_ENV_FILE": "mising"}, url_names=NAMES)


def test_a_wrong_variable_in_the_file_is_refused_as_well(tmp_path: Path):
    file = tmp_path / "my.env"
    file.write_text("BLAVE_MCP_MDOE=live\n")
    with pytest.raises(BadSetting, match=r"no variable BLAVE_MCP_MDOE\..*BLAVE_MCP_MODE"):
        settings_of({}, file)


def test_a_home_below_the_users_own_folder_may_be_written_with_a_tilde():
    assert settings_of({"BLAVE_MCP_HOME": "~/records"}).home == Path.home() / "records"


EXAMPLE = ROOT / ".env.example"
EXAMPLE_VARIABLES = re.findall(r"^#? ?(\w+)=", EXAMPLE.read_text(), re.MULTILINE)


def test_the_example_file_names_every_variable_and_no_other():
    fields = {f"{PREFIX}{name}".upper() for name in Settings.model_fields if name not in ("keys", "urls")}
    assert sorted(EXAMPLE_VARIABLES) == sorted([*fields, *NAMES, *KEY_VARIABLES])
    assert "BLAVE_MCP_ENV_FILE" in EXAMPLE.read_text()


def test_the_example_file_as_it_is_and_with_every_line_in_use_shows_the_defaults(tmp_path: Path):
    defaults = settings_of({})
    assert settings_of({}, EXAMPLE) == defaults
    all_in_use = tmp_path / "all.env"
    all_in_use.write_text(re.sub(r"^# (?=\w+=)", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert settings_of({}, all_in_use) == defaults


# Secrets.


def test_no_secret_stands_in_a_repr_a_dump_or_an_error(tmp_path: Path):
    token = "fake-token-of-more-than-24-characters"
    given = {**KEYS, "BLAVE_MCP_MODE": "live", "BLAVE_MCP_HTTP_TOKEN": token, "BLAVE_MCP_HOME": str(tmp_path)}
    settings = settings_of(given)
    app = build(settings)
    shown = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json(), repr(app)]
    app.store.close()
    with pytest.raises(ValidationError) as caught:
        settings.mode = "paper"  # type: ignore[misc]
    shown.append(str(caught.value))
    for bad in ({"BLAVE_MCP_MODE": "nowhere"}, {"BLAVE_MCP_X": "1"}, {FUTURES: "http://example.com"}):
        with pytest.raises(BadSetting) as refused:
            settings_of({**given, **bad})
        shown += [str(refused.value), repr(refused.value), repr(refused.value.__cause__)]
    for secret in (*KEYS.values(), token):
        assert [text for text in shown if secret in text] == []


# What the app is made of. Nothing is sent.


@pytest.fixture
async def built(tmp_path: Path) -> AsyncIterator[Callable[..., App]]:
    """Builds apps, and puts them away."""
    apps: list[App] = []

    def of(**given: str) -> App:
        apps.append(build(settings_of({"BLAVE_MCP_HOME": str(tmp_path / "home"), **given})))
        return apps[-1]

    yield of
    for app in apps:
        await app.aclose()


Build = Callable[..., App]


async def test_paper_mode_never_reads_the_users_keys(built: Build):
    app = built(**KEYS)
    for name, venue in app.desk.venues.items():
        assert venue.client.credentials == paper_key(name)
    assert built().desk.venues["binance"].account == app.desk.venues["binance"].account


@pytest.mark.parametrize("url", ["https://example.com", "https://127.0.0.1", "https://localhost:8443"])
@pytest.mark.parametrize("name", sorted(NAMES))
async def test_paper_mode_never_leaves_the_machine(name: str, url: str, built: Build):
    with pytest.raises(BadSetting, match=rf"In paper mode a base URL can only be on loopback; {name} is {url}"):
        built(**{name: url})
    port = built(**{name: "http://127.0.0.1:9"})
    venue, product = NAMES[name]
    assert port.desk.venues[venue].client.base_urls[product] == "http://127.0.0.1:9"


async def test_paper_mode_carries_no_request_to_a_host_that_is_no_face(built: Build):
    from blave_mcp.exchanges.wire import HttpRequest, NetworkFault

    app = built()
    assert all(venue.configured for venue in app.desk.venues.values())  # every face is open
    [transport] = app.transports
    for url in ("https://example.com/api", "https://api.binance.com.example.com/api/v3/time"):
        with pytest.raises(NetworkFault, match="sends nothing beyond this machine") as caught:
            await transport.send(HttpRequest("GET", url), timeout=1)
        assert caught.value.sent is False
    for venue in kinds().values():
        for host in venue.dialect.hosts.values():
            assert (await transport.send(HttpRequest("GET", f"{host.live}/no/such/route"), timeout=1)).status >= 400


async def test_live_mode_goes_to_the_live_hosts_with_the_users_keys(built: Build):
    app = built(BLAVE_MCP_MODE="live", **KEYS)
    assert app.desk.mode == "live"
    for name, kind in kinds().items():
        client = app.desk.venues[name].client
        assert dict(client.base_urls) == {product: host.live for product, host in kind.dialect.hosts.items()}
        assert all(url.startswith("https://") for url in [*client.base_urls.values(), *client.backup_urls.values()])
        assert not client.testnet
        assert client.credentials is not None
        assert client.credentials.key == KEYS[kind.dialect.variables[0]]
    assert [type(transport) for transport in app.transports] == [HttpTransport]


def marks_its_requests(dialect: Dialect, product: str, url: str) -> bool:
    """Whether requests to a host that serves both say which of the two is meant."""
    reads = [e for e in dialect.catalogue if e.product == product and e.auth is Auth.SIGNED and not e.writes]
    call = next(e for e in reads if not any(param.required for param in e.params)).call()
    key = Credentials("key", "secret", "passphrase")
    live, test = (dialect.request(call, key, base_url=url, now_ms=START_MS, testnet=mark) for mark in (False, True))
    return live != test


async def test_testnet_mode_goes_to_the_test_hosts_and_only_data_comes_from_live_ones(built: Build):
    app = built(BLAVE_MCP_MODE="testnet", **KEYS)
    assert "binance" in app.desk.venues
    for name, kind in kinds().items():
        if name not in app.desk.venues:
            assert not any(host.testnet for host in kind.dialect.hosts.values()), name
            continue
        client = app.desk.venues[name].client
        if kind.data_only:
            assert not any(endpoint.writes for endpoint in kind.dialect.catalogue)
            continue
        hosts = kind.dialect.hosts.items()
        assert dict(client.base_urls) == {product: host.testnet for product, host in hosts if host.testnet}
        assert None not in client.base_urls.values()
        assert client.testnet
        assert not client.backup_urls
        for product, url in client.base_urls.items():
            assert url != kind.dialect.hosts[product].live or marks_its_requests(kind.dialect, product, url), name


async def test_an_override_replaces_one_host_and_takes_the_backups_away(built: Build):
    client = built(BLAVE_MCP_MODE="live", **{FUTURES: "https://example.com/"}).desk.venues["binance"].client
    assert client.base_urls["futures"] == "https://example.com"
    assert client.base_urls["spot"] == kinds()["binance"].dialect.hosts["spot"].live
    assert dict(client.backup_urls) == {}


@pytest.mark.parametrize("mode", ["live", "testnet"])
async def test_half_a_key_is_no_key_and_names_what_is_missing_and_where_to_make_one(mode: str, built: Build):
    app = built(BLAVE_MCP_MODE=mode, BINANCE_API_KEY="fake-binance-key-3333")
    half, none = app.desk.venues["binance"], app.desk.venues["blave"]
    assert half.client.credentials is None
    assert half.client.missing == "Binance has only a part of a key here: BINANCE_SECRET_KEY is not set."
    assert "https://www.binance.com/" in half.setup
    assert "never with the right to withdraw" in half.setup
    assert none.client.missing == "Blave has no key here: blave_api_key, blave_secret_key are not set."
    assert "https://blave.org/" in none.setup
    assert (half.account, none.account) == ("", "")


async def test_an_account_is_told_apart_by_a_fingerprint_that_holds_no_part_of_its_key(built: Build):
    one = built(BLAVE_MCP_MODE="live", **KEYS).desk.venues["binance"].account
    other = built(BLAVE_MCP_MODE="live", **KEYS | {"BINANCE_API_KEY": "fake-other"}).desk.venues["binance"].account
    assert one != other
    assert re.fullmatch(r"[0-9a-f]{12}", one)


async def test_the_operators_limits_reach_the_desk_and_the_gate(built: Build):
    app = built(
        BLAVE_MCP_MAX_ORDER_QUOTE="250.5",
        BLAVE_MCP_MAX_LEVERAGE="3",
        BLAVE_MCP_PRICE_TOLERANCE_PERCENT="0.5",
        BLAVE_MCP_CONFIRM_SECONDS="60",
        BLAVE_MCP_CONFIRM="dialog",
    )
    limits = app.desk.limits
    assert (str(limits.max_order_quote), limits.max_leverage) == ("250.5", 3)
    assert str(limits.price_tolerance_percent) == "0.5"
    assert (app.desk.gate.ttl_ms, app.desk.gate.reading_ms, app.desk.channel) == (60_000, 2_000, "dialog")


def test_a_base_url_in_the_env_file_of_the_current_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text(f"{FUTURES}=https://example.com\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadSetting, match=f"{FUTURES} stands in the .env of the current folder"):
        load({}, url_names=NAMES)
    named = load({"BLAVE_MCP_ENV_FILE": str(tmp_path / ".env")}, url_names=NAMES)
    assert named.url("binance", "futures") == "https://example.com"
