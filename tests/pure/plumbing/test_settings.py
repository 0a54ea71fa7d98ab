"""Settings come from the environment, and one that cannot be used is named."""

import pytest

from setia.plumbing.settings import SettingsError, load_settings, variable


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETIA_PORT", "9000")
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop@db/setia")
    monkeypatch.setenv("SETIA_HOST", "")
    settings = load_settings(pool_size=3)
    assert settings.port == 9000
    assert settings.database_url == "postgresql://shop@db/setia"
    assert settings.host == "127.0.0.1"
    assert settings.pool_size == 3


def test_every_setting_that_cannot_be_used_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETIA_PORT", "eighty")
    monkeypatch.setenv("SETIA_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "SETIA_PORT='eighty': " in str(caught.value)
    assert "SETIA_LOG_LEVEL='loud': " in str(caught.value)


def test_a_password_in_the_database_url_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:hush@db/setia")
    assert "hush" not in repr(load_settings())


@pytest.mark.parametrize(
    ("attribute", "name"),
    [("port", "SETIA_PORT"), ("database_url", "DATABASE_URL"), ("pg_bin", "PG_BIN"), ("SETIA_PORT", "SETIA_PORT")],
)
def test_an_attribute_has_one_variable(attribute: str, name: str) -> None:
    assert variable(attribute) == name
