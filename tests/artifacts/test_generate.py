from betatel_exporter.config import SETTINGS
from betatel_exporter.definitions import CATALOGUE
from tools import configuration, generate, references


def test_no_generated_file_is_stale() -> None:
    assert sorted(generate.stale()) == []


def test_the_reference_of_metrics_has_every_metric() -> None:
    text = references.metrics()
    assert all(f"| `{metric.name}` | {metric.type} |" in text for metric in CATALOGUE)


def test_the_reference_of_settings_has_every_name_of_every_setting() -> None:
    text = configuration.configuration()
    for setting in SETTINGS:
        assert f"| `{setting.key}` |" in text
        assert setting.flag is None or f"`{setting.flag}`" in text
        assert setting.variable is None or f"`{setting.variable}`" in text
