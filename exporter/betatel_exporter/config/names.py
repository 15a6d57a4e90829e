"""What a setting is called on the command line, in the environment and in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from betatel_exporter.address import Address
from betatel_exporter.config.model import Settings

PREFIX = "BETATEL_"


@dataclass(frozen=True)
class Setting:
    """A field of the model with its three names."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def key(self) -> str:
        """In the YAML file; a dot stands for nesting."""
        return ".".join(self.path)

    @property
    def flag(self) -> str | None:
        return (
            "--" + self.key.replace("config_file", "config.file").replace("_", "-")
            if self._has("flag")
            else None
        )

    @property
    def variable(self) -> str | None:
        return PREFIX + "__".join(self.path).upper() if self._has("variable") else None

    @property
    def default(self) -> str:
        """As one would write it; empty where there is none."""
        value = self.field.get_default()
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, tuple) and not isinstance(value, Address):
            return ",".join(value)
        if isinstance(value, float):
            return f"{value:g}"
        return "" if value in (None, {}) else str(value)

    @property
    def title(self) -> str:
        """The setting as faults name it."""
        ways = ", ".join(way for way in (self.flag, self.variable) if way)
        return f"{self.key} ({ways})" if ways else self.key

    def _has(self, way: str) -> bool:
        extra = self.field.json_schema_extra
        return not (isinstance(extra, dict) and extra.get(way) is False)


def settings_of(model: type[BaseModel] = Settings, prefix: tuple[str, ...] = ()) -> Iterator[Setting]:
    """Every setting, sections resolved."""
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from settings_of(section, (*prefix, name))
        else:
            yield Setting((*prefix, name), field)


def title(key: str) -> str:
    """A setting as faults name it, also for a key within its value."""
    return next((setting.title for setting in settings_of() if f"{key}.".startswith(f"{setting.key}.")), key)
