import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

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


def problem(content: bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        parse(content, SOURCE)
    return str(caught.value).removeprefix(str(SOURCE))


def test_scalars_stay_as_they_are_written() -> None:
    for text, expected in {
        "a: {b: [1, c]}": {"a": {"b": ["1", "c"]}},
        "\ufeffa: on\n": {"a": "on"},
        "a: &x {b: c}\nd: *x": {"a": {"b": "c"}, "d": {"b": "c"}},
        "a: &x {b: c, d: e}\nf: {<<: *x, d: g}": {"a": {"b": "c", "d": "e"}, "f": {"b": "c", "d": "g"}},
        "a: {<<: [{b: 1}, {b: 2, c: 3}]}": {"a": {"b": "1", "c": "3"}},
    }.items():
        assert plain(document(text)) == expected


def test_an_empty_document_is_an_empty_mapping() -> None:
    for text in ("", "# nothing\n", "---\n", "~"):
        assert document(text).empty
        assert document(text).members() == {}


FAULTS = {
    "a: 1\nb: 2\na: 3": ":3: duplicate key a",
    "a: {x: 1, x: 2}": ":1: duplicate key x",
    "a: 1\n1: a": ":2: a key that is not text: quote it",
    "? [a]\n: b": ":1: a key that is not text: quote it",
    "a: secret: b": ":1: not valid YAML",
    "a: [\n": ":2: not valid YAML",
    "a: *secret": ":1: not valid YAML",
    "a: !!python/object:os.system secret": ":1: a tag that is not supported",
    "a: !!set {secret}": ":1: a tag that is not supported",
    "a: !!map secret": ":1: a tag that is not supported",
    "a: &a [*a]": ":1: more than 32 levels deep",
    "{<<: secret}": ":1: must be a mapping of names to values",
    "a: 1\n---\nb: 1\n": ":2: more than one document",
    "a: " + "[" * 200_000: ":1: more than 32 levels deep",
    "{a: " * 50_000: ":1: more than 32 levels deep",
    f"[{'x,' * 100_000}]": ":1: more than 20000 values",
    "\n".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}' if n else '1'] * 9)}]" for n in range(9)): (
        ":1: more than 20000 values"
    ),
}


def test_a_fault_is_one_line_with_its_place_and_without_the_content() -> None:
    faults = {text: problem(text.encode()) for text in FAULTS}
    assert [(text[:40], faults[text]) for text in FAULTS if faults[text] != FAULTS[text]] == []
    assert problem(b"\xff\xfe") == ": not UTF-8 text"
    for text in ("a: \x07secret", "\x00", '"\\UFFFFFFFF"', f"%YAML 1.{'1' * 5000}\n---"):
        assert problem(text.encode()).removeprefix(":1") == ": not valid YAML"  # PyYAML's two parsers differ


def test_no_document_takes_long() -> None:
    heavy = ["k: v\n" * 60_000, "- a\n" * 60_000, "a: " + "x" * 250_000, "[" * 250_000, "# x\n" * 60_000]
    heavy += ["".join(f"k{n}: {{a: b}}\n" for n in range(20_000)), "- &a\n" * 50_000, "a: !!int\n" * 30_000]
    started = time.process_time()
    for text in heavy:
        with contextlib.suppress(DocumentError):
            parse(text.encode()[:DOCUMENT_BYTES], SOURCE)
    assert time.process_time() - started < 1.5 * len(heavy)


def test_a_value_says_where_it_is_and_never_what_it_is() -> None:
    top = document("top:\n  a: {5f2b8c0d9e1a4f73: x}\n  b: [s3cr3t, 1]\n").members()["top"]
    a, b = top.members().values()
    (hidden,) = a.members().values()
    for expected, fault in {
        ":2: top.a.(a name): must be true or false": hidden.flag,
        ":3: top.b: must be one value, not a list": b.scalar,
        ":3: top.b[1]: must be text, not a number: quote it": b.items()[1].text,
    }.items():
        with pytest.raises(DocumentError) as caught:
            fault()
        assert str(caught.value) == f"{SOURCE}{expected}"
