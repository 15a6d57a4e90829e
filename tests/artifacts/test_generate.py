from tools import generate


def test_no_generated_file_is_stale() -> None:
    assert sorted(generate.stale()) == []
