"""Changes of the file, and of the files it names, while it is in use."""

import pytest

from tests.support.webconfig import TLS, Folder, hashed

ALICE = f"basic_auth_users:\n  alice: {hashed('one')}\n"
BOB = f"basic_auth_users:\n  bob: {hashed('two')}\n"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO")
    return caplog


def error(log: pytest.LogCaptureFixture) -> str:
    """Of the last line."""
    return str(vars(log.records[-1])["error"])


def test_a_broken_file_keeps_the_last_good_one_until_it_is_corrected(
    folder: Folder, log: pytest.LogCaptureFixture
) -> None:
    folder.write(ALICE)
    config = folder.config()
    assert config.reload_success
    assert vars(log.records[-1]).items() >= {"file": str(folder.file), "tls": False, "users": 1}.items()

    folder.write("basic_auth_users: {alice: plain}")
    assert list(config.users) == ["alice"]
    assert not config.reload_success
    assert error(log).startswith(f"{folder.file}:1: basic_auth_users.alice: not a bcrypt hash; allowed")

    folder.file.unlink()
    assert not config.reload_success
    assert error(log).startswith("web config file: no such file")

    folder.write(BOB)
    assert list(config.users) == ["bob"]
    assert config.reload_success
    assert [record.levelname for record in log.records] == ["INFO", "ERROR", "ERROR", "INFO"]


def test_a_reload_switches_passwords_on_but_only_a_restart_switches_them_off_or_tls(
    folder: Folder, log: pytest.LogCaptureFixture
) -> None:
    for good, bad, fault in [
        ([TLS + ALICE], ALICE, "only a restart switches TLS on or off"),
        ([ALICE], TLS + ALICE, "only a restart switches TLS on or off"),
        (["", ALICE], "", "only a restart switches passwords off"),
        (["", ALICE], "basic_auth_users:\n", "only a restart switches passwords off"),
    ]:
        folder.write(good[0])
        config = folder.config()
        context = config.ssl_context
        folder.write(good[-1])
        assert config.reload_success
        folder.write(bad)
        assert not config.reload_success
        assert list(config.users) == ["alice"]
        assert config.ssl_context is context
        assert fault in error(log)


def test_a_rotation_is_used_when_it_is_complete_and_files_no_longer_named_do_not_matter(
    folder: Folder, log: pytest.LogCaptureFixture
) -> None:
    folder.write(TLS)
    config = folder.config()
    for name in ("next", "last"):
        folder.certify(name=name)
    (folder.path / "server.crt").unlink()
    assert not config.reload_success
    (folder.path / "next.crt").rename(folder.path / "server.crt")
    assert not config.reload_success
    (folder.path / "next.key").rename(folder.path / "server.key")
    assert config.reload_success

    folder.write(TLS.replace("server.", "last."))
    assert config.reload_success
    (folder.path / "server.crt").unlink()
    assert config.reload_success
    assert [record.levelname for record in log.records] == ["INFO", "ERROR", "ERROR", "INFO", "INFO"]
