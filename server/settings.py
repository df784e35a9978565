"""The environment and `.env`, read once into one frozen value. Secrets never stand in a repr or an error."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from dotenv import dotenv_values
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from blave_mcp.exchanges.errors import BlaveError, did_you_mean

PREFIX = "BLAVE_MCP_"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_UNFILLED = re.compile(r"\$\{user_config\.\w+\}")
"""What a desktop client passes on for a field of its form that was left blank and has no default."""

KEY_VARIABLES = (
    "blave_api_key",
    "blave_secret_key",
    "BITMART_API_KEY",
    "BITMART_API_SECRET",
    "BITMART_API_MEMO",
    "OKX_API_KEY",
    "OKX_SECRET_KEY",
    "OKX_PASSPHRASE",
    "BYBIT_API_KEY",
    "BYBIT_API_SECRET",
    "BINGX_API_KEY",
    "BINGX_SECRET_KEY",
    "BITGET_API_KEY",
    "BITGET_SECRET_KEY",
    "BITGET_PASSPHRASE",
    "BINANCE_API_KEY",
    "BINANCE_SECRET_KEY",
    "BITFINEX_API_KEY",
    "BITFINEX_API_SECRET",
)
"""Every variable that holds a part of a key."""


CHANNEL_VARIABLES = (
    "BLAVE_MCP_TELEGRAM_TOKEN",
    "BLAVE_MCP_TELEGRAM_CHAT",
    "BLAVE_MCP_SLACK_WEBHOOK",
    "BLAVE_MCP_DISCORD_WEBHOOK",
)
"""The user's own channels, where charts and posts go. All but the chat are secrets: each lets one post there."""

PLACES = ("BLAVE_MCP_TELEGRAM_URL", "BLAVE_MCP_ETF_URL", "BLAVE_MCP_POSTS_URL")
"""Base URLs that belong to no venue."""

SECRET_VARIABLES = frozenset({*KEY_VARIABLES, *CHANNEL_VARIABLES, "BLAVE_MCP_HTTP_TOKEN"} - {"BLAVE_MCP_TELEGRAM_CHAT"})


class BadSetting(BlaveError):
    """A variable that cannot be used as it is. The server does not start."""

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what, undone="The server did not start.", advice=advice)


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Word = BeforeValidator(_lower)


def _is_base_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        more = parts.query or parts.fragment or parts.username or parts.password or parts.port == 0
    except ValueError:  # brackets that do not close, a port that is none
        return False
    return bool(safe and parts.hostname and not more)


def _is_webhook(url: str) -> bool:
    """Like a base URL, but with a query where its service wants one (Discord's thread_id)."""
    bare, _, more = url.partition("?")
    return _is_base_url(bare) and "#" not in more and re.fullmatch(r"[!-~]+", url) is not None


class Settings(BaseModel):
    """Everything that the operator can choose. Variables are named BLAVE_MCP_ and the field's name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mode: Annotated[Literal["paper", "testnet", "live"], Word] = "paper"
    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("blave-mcp", appauthor=False)))
    confirm: Annotated[Literal["chat", "dialog"], Word] = "chat"
    confirm_seconds: int = Field(default=300, ge=10, le=3600)
    toolsets: str = "all"
    read_only: bool = False
    paper_feed: str = ""
    data: Path | None = None
    cluster: str = ""
    alert_channels: str = ""
    max_order_quote: Decimal | None = Field(default=None, gt=0)
    max_leverage: int | None = Field(default=None, ge=1)
    price_tolerance_percent: Decimal = Field(default=Decimal(1), gt=0, le=20)
    http_token: SecretStr = SecretStr("")
    telegram_token: SecretStr = SecretStr("")
    telegram_chat: str = Field(default="", pattern=r"^(-?\d{1,20}|@\w{1,64})?$")
    slack_webhook: SecretStr = SecretStr("")
    discord_webhook: SecretStr = SecretStr("")
    telegram_url: str = ""
    etf_url: str = ""
    posts_url: str = ""
    chart_style: Annotated[Literal["dark", "light"], Word] = "dark"
    protocol: Annotated[Literal["auto", "handshake"], Word] = "auto"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = "warning"
    keys: Mapping[str, SecretStr] = Field(default_factory=dict, repr=False)
    urls: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("home", "data")
    @classmethod
    def _without_tilde(cls, folder: Path | None) -> Path | None:
        """No shell stands between a client's configuration and this."""
        return None if folder is None else folder.expanduser()

    @field_validator("telegram_token")
    @classmethod
    def _only_a_token(cls, token: SecretStr) -> SecretStr:
        if not re.fullmatch(r"(\d{1,20}:[\w-]{1,100})?", token.get_secret_value()):
            raise ValueError("it is what @BotFather gave out: digits, a colon, letters and digits")
        return token

    @field_validator("slack_webhook", "discord_webhook")
    @classmethod
    def _only_safe_webhooks(cls, webhook: SecretStr) -> SecretStr:
        if webhook.get_secret_value() and not _is_webhook(webhook.get_secret_value()):
            raise ValueError("a webhook is https://host/path")
        return webhook

    @field_validator("telegram_url", "etf_url", "posts_url")
    @classmethod
    def _only_safe_places(cls, url: str) -> str:
        if url and not _is_base_url(url):
            raise ValueError("it is https://host, or http:// to this machine's loopback only")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _whole_telegram(self) -> Settings:
        if bool(self.telegram_token.get_secret_value()) != bool(self.telegram_chat):
            raise ValueError("Telegram wants both BLAVE_MCP_TELEGRAM_TOKEN and BLAVE_MCP_TELEGRAM_CHAT")
        return self

    @field_validator("urls")
    @classmethod
    def _only_safe_urls(cls, urls: Mapping[str, str]) -> Mapping[str, str]:
        for name, url in urls.items():
            if not _is_base_url(url):
                raise ValueError(f"{name}: a base URL is https://host, or http:// to this machine's loopback only")
        return urls

    def url(self, venue: str, product: str) -> str | None:
        """The operator's own base URL for a product of a venue, without a slash at its end."""
        names = (f"{PREFIX}{venue}_{product}_URL".upper(), f"{PREFIX}{venue}_URL".upper())
        return next((self.urls[name].rstrip("/") for name in names if name in self.urls), None)

    def key(self, variable: str) -> str:
        """A part of a key, or ""."""
        held = self.keys.get(variable.upper())
        return held.get_secret_value() if held else ""


def load(
    environment: Mapping[str, str] | None = None, *, url_names: Mapping[str, object], env_file: Path | None = None
) -> Settings:
    """Reads the environment, and under it the `.env` file: BLAVE_MCP_ENV_FILE, or `.env` in the current folder.

    A base URL is taken from a `.env` that happens to lie in the current folder never, from a named file gladly.

    Args:
        url_names: the variables that may hold a base URL.

    Raises:
        BadSetting: an unknown or unusable variable.
    """
    given = dict(os.environ if environment is None else environment)
    named = given.pop(f"{PREFIX}ENV_FILE", "").strip()
    file = env_file or Path(named or ".env").expanduser()
    if named and not file.exists():
        raise BadSetting(f"{PREFIX}ENV_FILE names {file}, and there is no such file.")
    merged = {k.upper(): v for k, v in dotenv_values(file).items() if v is not None} if file.is_file() else {}
    if not named and env_file is None and (found := sorted(set(merged) & {*url_names, *PLACES})):
        raise BadSetting(
            f"{found[0]} stands in the .env of the current folder, which may be anybody's; it says where keys go.",
            f"Set it in the environment, or name the file with {PREFIX}ENV_FILE.",
        )
    merged.update({k.upper(): v for k, v in given.items()})
    values: dict[str, Any] = {"keys": {}, "urls": {}}
    fields = {f"{PREFIX}{name}".upper(): name for name in Settings.model_fields if name not in ("keys", "urls")}
    secret = {name.upper() for name in KEY_VARIABLES}
    for name, value in merged.items():
        if not value.strip() or _UNFILLED.fullmatch(value.strip()):
            continue
        if name in secret:
            values["keys"][name] = SecretStr(value.strip())
        elif name in fields:
            values[fields[name]] = value.strip() if name in CHANNEL_VARIABLES or name in PLACES else value
        elif name in url_names:
            values["urls"][name] = value.strip()
        elif name.startswith(PREFIX) and name != f"{PREFIX}ENV_FILE":
            raise BadSetting(f"There is no variable {name}.", did_you_mean(name, [*fields, *url_names]))
    try:
        return Settings(**values)
    except ValidationError as error:
        raise BadSetting(_told(error, values)) from None


def _told(error: ValidationError, values: Mapping[str, Any]) -> str:
    told = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(fault["loc"][0]) if fault["loc"] else "?"
        if name in ("urls", "?"):
            told.append(fault["msg"].removeprefix("Value error, "))
        else:
            variable = f"{PREFIX}{name.upper()}"
            shown = "what it is" if variable in SECRET_VARIABLES else f'"{values.get(name)}"'
            told.append(f"{variable} cannot be {shown}: {fault['msg'].removeprefix('Value error, ')}")
    return "; ".join(told) + "."
