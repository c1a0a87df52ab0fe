"""`[web]`: its defaults, its secrets, and the exact words for everything that is wrong."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from connector.settings.web import Network
from tests.unit.test_settings import BASE, problems, read


def networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


HASH = f"scrypt:32768:8:1:{'A' * 22}:{'B' * 43}"


def test_without_a_table_the_pages_listen_here_and_know_nobody(tmp_path: Path) -> None:
    web = read(tmp_path, BASE).web
    assert (web.host, web.port, web.users) == ("127.0.0.1", 8080, {})
    assert web.names == {"127.0.0.1", "localhost", "::1"}


def test_what_is_written_is_taken(tmp_path: Path) -> None:
    text = f"""
[web]
host = "0.0.0.0"
hosts = ["Connector.Brand.com"]
secret = "{"s3cret" * 6}"
proxy_user_header = "X-Forwarded-User"
proxies = ["10.0.0.0/8", "::1"]
[web.users."ada@brand.com"]
role = "approver"
[web.users.vic]
password_hash = "{HASH}"
"""
    web = read(tmp_path, BASE + text).web
    assert "connector.brand.com" in web.names
    assert web.proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert (web.users["ada@brand.com"].role, web.users["vic"].role) == ("approver", "viewer")
    assert "BBBB" not in repr(web)
    assert "s3cret" not in repr(web)


@pytest.mark.parametrize(
    ("url", "name", "over_tls"),
    [
        ("https://Connector.Brand.com/", "connector.brand.com", True),
        ("https://[2001:db8::1]:8443", "2001:db8::1", True),
        ("http://127.0.0.1:9000", "127.0.0.1", False),
    ],
)
def test_the_public_url_names_a_host_and_says_how_browsers_come(
    tmp_path: Path, url: str, name: str, over_tls: bool
) -> None:
    web = read(tmp_path, f'{BASE}[web]\npublic_url = "{url}"\n').web
    assert name in web.names
    assert web.over_tls == over_tls


def test_proxies_are_believed_without_a_header_of_names(tmp_path: Path) -> None:
    web = read(tmp_path, f'{BASE}[web]\nproxies = ["10.0.0.1"]\n').web
    assert (web.proxies, web.proxy_user_header) == (networks("10.0.0.1"), None)


def test_a_login_can_come_from_variables_and_files(tmp_path: Path) -> None:
    variables = {"CONNECTOR_WEB__USERS__ADA__PASSWORD_HASH": HASH}
    assert read(tmp_path, BASE, **variables).web.users["ada"].password_hash is not None
    (tmp_path / "hash").write_text(f"{HASH}\n")
    text = '[web.users.vic]\npassword_hash_file = "hash"\n'
    kept = read(tmp_path, BASE + text).web.users["vic"].password_hash
    assert kept is not None
    assert kept.get_secret_value() == HASH


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("port = 70000", "web.port: must be at most 65535"),
        ('port = "x"', "web.port: must be a whole number"),
        ('host = "a b"', "web.host: must be a name or an address like 127.0.0.1"),
        ('hosts = ["https://a"]', "web.hosts.0: must be names like connector.brand.com"),
        ('secret = "s3cret"', "web.secret: must be 32 letters or more, of no meaning to anybody"),
        ('session_idle = "1s"', "web.session_idle: must be between 1m and 30d"),
        ('session_length = "40d"', "web.session_length: must be between 1m and 30d"),
        (
            'proxy_user_header = "X-User"',
            "web: proxy_user_header needs proxies: from whom to believe it",
        ),
        (
            'proxy_user_header = "X User"\nproxies = ["::1"]',
            "web.proxy_user_header: must be a header's name like X-Forwarded-User",
        ),
        (
            'proxy_user_header = "X-User"\nproxies = ["nobody"]',
            "web.proxies.0: must be an address or a network like 10.0.0.0/8",
        ),
        (
            'users.ada.password_hash = "s3cret"',
            "web.users.ada.password_hash: must be what `connector web hash-password` prints",
        ),
        ('users.ada.role = "owner"', "web.users.ada.role: must be 'viewer' or 'approver'"),
        (
            'public_url = "https://a.example/pages"',
            "web.public_url: must be an address without a path, like https://connector.brand.com",
        ),
        (
            'public_url = "http://a.example"',
            "web.public_url: must begin with https:// (http is for 127.0.0.1 only)",
        ),
        ("colour = 1", "web.colour: is not a known key: correct or remove it"),
    ],
)
def test_what_is_wrong_is_told_without_its_value(tmp_path: Path, written: str, told: str) -> None:
    assert problems(tmp_path, f"{BASE}[web]\n{written}\n") == [told]
