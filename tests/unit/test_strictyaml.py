from pathlib import Path

import pytest

from betatel_exporter.strictyaml import MAX_SIZE, YamlError, read_yaml


def read(folder: Path, text: str) -> dict[str, object]:
    file = folder / "file.yml"
    file.write_text(text)
    return read_yaml(file)


def test_a_mapping_is_read_and_an_empty_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path, "a: {b: [1, c]}") == {"a": {"b": [1, "c"]}}
    assert read(tmp_path, "# nothing\n") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: a stands twice"),
        ("a: {x: 1, x: 2}", "line 1: x stands twice"),
        ("1: a", "line 1: a key that is no text"),
        ("[a]", "must be a mapping of settings"),
        ("secret", "must be a mapping of settings"),
        ("a: secret: b", "is not valid YAML at line 1"),
        ("a: !!python/object:os.system secret", "is not valid YAML at line 1"),
        ("a: 2024-99-99", "is not valid YAML"),
        ("a: \x07secret", "is not valid YAML"),
        ("a: " + "[" * 10_000, "is not valid YAML"),
        ("a" * (MAX_SIZE + 1), f"is larger than {MAX_SIZE} bytes"),
    ],
)
def test_a_fault_is_one_line_without_the_content(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(YamlError) as caught:
        read(tmp_path, text)
    assert str(caught.value) == told


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(YamlError, match="cannot be read: Is a directory"):
        read_yaml(tmp_path)
