import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from betatel_exporter.files import DOCUMENT_BYTES, DocumentError, Value, parse

SOURCE = Path("/etc/betatel/file.yml")


def document(text: str) -> Value:
    return parse(text.encode(), SOURCE)


def plain(value: Value) -> Any:
    match value.kind:
        case "mapping":
            return {name: plain(member) for name, member in value.members().items()}
        case "list":
            return [plain(item) for item in value.items()]
        case _:
            return value.content


def problem(text: str | bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), SOURCE)
    return str(caught.value).removeprefix(str(SOURCE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: {b: [1, c]}", {"a": {"b": ["1", "c"]}}),
        ("\ufeffa: on\n", {"a": "on"}),
        ("a: &x {b: c}\nd: *x", {"a": {"b": "c"}, "d": {"b": "c"}}),
        ("a: &x {b: c, d: e}\nf: {<<: *x, d: g}", {"a": {"b": "c", "d": "e"}, "f": {"b": "c", "d": "g"}}),
        ("a: {<<: [{b: 1}, {b: 2, c: 3}]}", {"a": {"b": "1", "c": "3"}}),
    ],
)
def test_scalars_stay_as_they_are_written(text: str, expected: object) -> None:
    assert plain(document(text)) == expected


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~"])
def test_an_empty_document_is_an_empty_value(text: str) -> None:
    value = document(text)
    assert value.empty
    assert value.members() == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", ":3: duplicate key a"),
        ("a: {x: 1, x: 2}", ":1: duplicate key x"),
        ("a: 1\n1: a", ":2: a key that is not text: quote it"),
        ("? [a]\n: b", ":1: a key that is not text: quote it"),
        ("a: secret: b", ":1: not valid YAML"),
        ("a: [\n", ":2: not valid YAML"),
        ("a: !!python/object:os.system secret", ":1: a tag that is not supported"),
        ("a: !!set {secret}", ":1: a tag that is not supported"),
        ("a: &a [*a]", ":1: more than 32 levels deep"),
        ("{<<: secret}", ":1: must be a mapping of names to values"),
        ("a: 1\n---\nb: 1\n", ":2: more than one document"),
        (b"\xff\xfe", ": not UTF-8 text"),
        ("a: " + "[" * 200_000, ":1: more than 32 levels deep"),
        ("{a: " * 50_000, ":1: more than 32 levels deep"),
        (f"[{'x,' * 100_000}]", ":1: more than 20000 values"),
        (
            "\n".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}' if n else '1'] * 9)}]" for n in range(9)),
            ":1: more than 20000 values",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_fault_of_the_document_is_one_line_without_its_content(text: str, expected: str) -> None:
    assert problem(text) == expected


@pytest.mark.parametrize(
    "text", ["a: \x07secret", "\x00", '"\\UFFFFFFFF"', f"%YAML 1.{'1' * 5000}\n---"], ids=ascii
)
def test_what_no_yaml_parser_accepts_is_one_line(text: str) -> None:
    """With or without its line: PyYAML's two parsers differ."""
    assert problem(text).removeprefix(":1") == ": not valid YAML"


def test_no_document_takes_long() -> None:
    heavy = ["k: v\n" * 60_000, "- a\n" * 60_000, "a: " + "x" * 250_000, "[" * 250_000, "# x\n" * 60_000]
    heavy += ["".join(f"k{n}: {{a: b}}\n" for n in range(20_000)), "- &a\n" * 50_000, "a: !!int\n" * 30_000]
    started = time.process_time()
    for text in heavy:
        with contextlib.suppress(DocumentError):
            parse(text.encode()[:DOCUMENT_BYTES], SOURCE)
    assert time.process_time() - started < 1.5 * len(heavy)


def test_a_value_says_where_it_is_and_what_is_wrong_and_never_what_it_is() -> None:
    members = document("top:\n  a: {5f2b8c0d9e1a4f73: x}\n  b: [s3cr3t, 1]\n  c: s3cr3t\n").members()["top"]
    a, b, c = members.members().values()
    (hidden,) = a.members().values()
    assert c.line == 4
    for fault, expected in [
        (c.members, ":4: top.c: must be a mapping of names to values"),
        (c.items, ":4: top.c: must be a list"),
        (b.items()[1].text, ":3: top.b[1]: must be text, not a number: quote it"),
        (b.scalar, ":3: top.b: must be one value, not a list"),
        (c.flag, ":4: top.c: must be true or false"),
        (lambda: c.choice(["secret", "x"]), ":4: top.c: must be one of secret, x; did you mean secret?"),
        (lambda: hidden.choice(["y"]), ":2: top.a.(a name): must be one of y"),
        (
            lambda: members.known_members(["aa", "b"], {"c": "use b"}),
            ":2: top.a: unknown setting; did you mean aa? allowed: aa, b",
        ),
        (
            lambda: members.known_members(["a", "b"], {"c": "use b"}),
            ":4: top.c: not supported: use b",
        ),
    ]:
        with pytest.raises(DocumentError) as caught:
            fault()
        assert str(caught.value) == f"{SOURCE}{expected}"


def test_paths_start_at_the_folder_of_the_document() -> None:
    value = document("a: tls/key\nb: /run/key\nc: \"/run\\0key\"\nd: ''")
    a, b, c, d = value.members().values()
    assert (a.path(), b.path()) == (Path("/etc/betatel/tls/key"), Path("/run/key"))
    with pytest.raises(DocumentError, match="must be the path of a file, not its contents"):
        c.path()
    assert d.empty


def test_flags_are_true_or_false() -> None:
    values = document("[true, False, yes, 'off']").items()
    assert [value.flag() for value in values] == [True, False, True, False]


FLOW = st.recursive(
    st.sampled_from(["", "~", "x", "1", "true", "&a b", "*a", "<<", "!!int x", "2001-99-99", "'q'"]),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(inner, inner), max_size=4).map(
            lambda pairs: f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"
        )
    ),
    max_leaves=12,
)


@given(FLOW.map(str.encode) | st.text().map(str.encode) | st.binary())
def test_any_bytes_are_a_document_or_one_line(content: bytes) -> None:
    fault = "none"
    try:
        plain(parse(content, SOURCE))
    except DocumentError as error:
        fault = str(error)
    assert fault.isprintable()
