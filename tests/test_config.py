"""Settings: every value is checked when the process starts, in words, and secrets never show."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from glassine import config
from glassine.config import Settings
from glassine.words.errors import Misconfigured


def test_defaults_need_nothing() -> None:
    settings = config.read({})
    assert (settings.host, settings.port, settings.database_url, settings.llm_url) == ("127.0.0.1", 4470, None, None)
    assert settings.home.name == ".glassine"


def test_every_field_is_a_variable_with_a_sentence() -> None:
    assert set(config.VARIABLES) == {"GLASSINE_" + each.name.upper() for each in fields(Settings)}
    for sentence in config.VARIABLES.values():
        assert sentence[0].isupper() and sentence.endswith(".") and len(sentence) > 20


def test_the_command_line_wins_and_empty_means_unset() -> None:
    environ = {"GLASSINE_PORT": "1", "GLASSINE_HOME": "/a", "GLASSINE_LLM_URL": "", "GLASSINE_LOG_LEVEL": " Debug "}
    settings = config.read(environ, port="2", home=None)
    assert (settings.port, settings.home, settings.llm_url, settings.log_level) == (2, Path("/a"), None, "debug")


@pytest.mark.parametrize(("name", "value"), [
    ("GLASSINE_PORT", "http"), ("GLASSINE_PORT", "-1"), ("GLASSINE_PORT", "65536"), ("GLASSINE_PORT", "٣"),
    ("GLASSINE_HOST", "a b"), ("GLASSINE_POOL_SIZE", "1"), ("GLASSINE_DATABASE_URL", "mysql://h/d"), ("GLASSINE_PUBLIC_URL", "support.example.com"),
    ("GLASSINE_PUBLIC_URL", "https://example.com/path"), ("GLASSINE_PUBLIC_URL", "https://u:p@example.com"), ("GLASSINE_TRUSTED_PROXIES", "proxy"),
    ("GLASSINE_LLM_TIMEOUT", "0"), ("GLASSINE_LLM_TIMEOUT", "nan"), ("GLASSINE_LLM_TIMEOUT", "soon"), ("GLASSINE_SMTP_URL", "mail.example.com"),
    ("GLASSINE_MAIL_FROM", "support"), ("GLASSINE_ALLOW_PRIVATE", "two words"), ("GLASSINE_REGIONS", "USA"), ("GLASSINE_LANGUAGES", "english"),
    ("GLASSINE_LOG_LEVEL", "loud"), ("GLASSINE_LLM_URL", "https://"),
])
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        config.read({name: value})


def test_values_that_belong_together() -> None:
    with pytest.raises(Misconfigured, match="GLASSINE_LLM_MODEL"):
        config.read({"GLASSINE_LLM_URL": "http://localhost:11434/v1"})
    with pytest.raises(Misconfigured, match="GLASSINE_MAIL_FROM"):
        config.read({"GLASSINE_SMTP_URL": "smtp://localhost:25"})


def test_a_mistyped_name_is_not_ignored() -> None:
    with pytest.raises(Misconfigured, match=r"GLASSINE_MASTERKEY is not a setting\. Did you mean GLASSINE_MASTER_KEY"):
        config.read({"GLASSINE_MASTERKEY": "x"})


def test_secrets_are_neither_shown_nor_repeated_in_errors() -> None:
    settings = config.read({
        "GLASSINE_DATABASE_URL": "postgresql://u:geheim@h/d", "GLASSINE_MASTER_KEY": "geheim", "GLASSINE_LLM_URL": "https://u:geheim@h", "GLASSINE_LLM_MODEL": "m",
        "GLASSINE_LLM_KEY": "geheim", "GLASSINE_SMTP_URL": "smtp://u:geheim@h:25", "GLASSINE_MAIL_FROM": "a@example.com",
    })
    assert "geheim" not in repr(settings)
    for name in ("GLASSINE_DATABASE_URL", "GLASSINE_SMTP_URL", "GLASSINE_LLM_URL"):
        with pytest.raises(Misconfigured) as raised:
            config.read({name: "geheim://u:geheim@h"})
        assert "geheim" not in str(raised.value)


def test_a_child_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config.read({
        "GLASSINE_HOME": "/h", "GLASSINE_PORT": "1", "GLASSINE_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "GLASSINE_REGIONS": "de,at", "GLASSINE_LLM_URL": "http://[::1]:1/v1",
        "GLASSINE_LLM_MODEL": "m", "GLASSINE_ALLOW_PRIVATE": "localhost:25,http://[::1]:1/v1,[::1]:2", "GLASSINE_LLM_TIMEOUT": "2.5", "GLASSINE_PG_BIN": "/p",
    })
    monkeypatch.setenv("GLASSINE_PORT", "9")
    monkeypatch.setenv("OTHER", "kept")
    environment = config.environment(settings)
    assert environment["OTHER"] == "kept"
    assert config.read(environment) == settings


def test_where_browsers_find_it() -> None:
    assert config.read({}).url == "http://127.0.0.1:4470"
    assert config.read({"GLASSINE_HOST": "0.0.0.0", "GLASSINE_PORT": "1"}).url == "http://127.0.0.1:1"
    assert config.read({"GLASSINE_HOST": "::1", "GLASSINE_PORT": "1"}).url == "http://[::1]:1"
    assert config.read({"GLASSINE_PUBLIC_URL": "https://support.example.com/"}).url == "https://support.example.com"


def test_resources_are_found_in_a_checkout() -> None:
    assert (config.resource("docs") / "decisions").is_dir()
    assert (config.resource("widget") / "loader.js").is_file()
