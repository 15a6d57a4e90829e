from betatel_exporter.files import did_you_mean, is_name, shown

KEYS = (
    *("key-5f0c1a", "550e8400-e29b-41d4-a716-446655440000", "5f2b8c0d9e1a4f7386b2c1d0e9f8a7b6"),
    *("sk_live_51H8xQ2eZvKYlo2C", "dGhpcyBpcyBhIGtleQ==", "ab/cd+efGHIjkl", "AKIAIOSFODNN7EXAMPLE"),
    *("$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG", "abcdefghijklmnopqrstuvwxyzabcdef"),
    "x" * 200,
)
NAMES = (
    *("shop", "shop-eu1", "spare.test_1", "675aed61", "2024", "accountId", "tls_server_config"),
    *("web.listen_adress", "BETATEL_WINDWOS", "--windwos", "alice@example.com"),
)


def test_names_are_repeated_and_what_may_be_a_key_is_not() -> None:
    assert [key for key in KEYS if is_name(key)] == []
    assert [name for name in NAMES if shown(name) != name] == []


def test_a_mistyped_name_has_a_hint() -> None:
    for text, hint in {"timeuot": "; did you mean timeout?", "x" * 100_000: "", "colour": ""}.items():
        assert did_you_mean(text, ["timeout", "timezone"]) == hint
