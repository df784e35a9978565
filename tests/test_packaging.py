"""What setuptools, uv and the bundle packer take from this project is what lies on the disk."""

import json
import tomllib
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from blave_mcp.server.settings import CHANNEL_VARIABLES, KEY_VARIABLES, SECRET_VARIABLES

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("exchanges", "server", "tools")
NAMES = [f"blave_mcp.{folder}" for folder in FOLDERS]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, SETUPTOOLS = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text())
BUNDLE_ENVIRONMENT: dict[str, str] = MANIFEST["server"]["mcp_config"]["env"]


def dotted(folder: Path) -> str:
    return ".".join(("blave_mcp", *folder.relative_to(ROOT).parts))


def test_every_package_on_disk_is_listed_and_nothing_else():
    on_disk = [dotted(init.parent) for folder in FOLDERS for init in (ROOT / folder).rglob("__init__.py")]
    assert SETUPTOOLS["packages"] == sorted(on_disk)


def test_every_folder_with_code_is_a_package(project_files: list[Path]):
    modules = [path for path in project_files if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in FOLDERS]
    assert [str(path) for path in modules if not path.with_name("__init__.py").exists()] == []


def test_the_three_folders_ship_inside_the_namespace():
    assert SETUPTOOLS["package-dir"] == dict(zip(NAMES, FOLDERS, strict=True))
    assert not (ROOT / "blave_mcp").exists(), "a folder blave_mcp/ would hide the namespace"


def test_every_file_that_is_no_module_is_package_data(project_files: list[Path]):
    forgotten = []
    for path in project_files:
        inside = path.relative_to(ROOT)
        if inside.parts[0] in FOLDERS and path.suffix != ".py":
            package = next(folder for folder in path.parents if (folder / "__init__.py").exists())
            patterns = SETUPTOOLS["package-data"].get("*", []) + SETUPTOOLS["package-data"].get(dotted(package), [])
            if not any(fnmatch(path.relative_to(package).as_posix(), pattern) for pattern in patterns):
                forgotten.append(inside.as_posix())
    assert forgotten == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_is_marked_as_typed_and_seen_by_the_type_checker(folder: str):
    assert (ROOT / folder / "py.typed").is_file()
    assert (ROOT / "tests/_path/blave_mcp" / folder).readlink() == Path("../../..", folder)


def test_one_version_everywhere():
    first_heading = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## "))
    assert MANIFEST["version"] == PROJECT["version"]
    assert first_heading.startswith(f"## [{PROJECT['version']}]")
    assert metadata.version(PROJECT["name"]) == PROJECT["version"], "reinstall: pip install -e '.[test]'"


def test_the_command_is_installed():
    commands = metadata.distribution(PROJECT["name"]).entry_points.select(group="console_scripts")
    assert {command.name: command.value for command in commands} == PROJECT["scripts"]


@pytest.mark.parametrize("line", PROJECT["dependencies"])
def test_each_dependency_has_a_floor_and_a_ceiling(line: str):
    assert {part.operator for part in Requirement(line).specifier} == {">=", "<"}


def test_the_bundle_starts_what_the_package_installs():
    server = MANIFEST["server"]
    assert server["type"] == "uv"
    assert (server["mcp_config"]["command"], server["mcp_config"]["args"][-2:]) == ("uv", ["blave-mcp", "serve"])
    assert (MANIFEST["name"], MANIFEST["license"]) == (PROJECT["name"], PROJECT["license"])
    assert MANIFEST["compatibility"]["runtimes"]["python"] == PROJECT["requires-python"]


def test_every_field_of_the_bundle_reaches_the_server_and_no_key_is_shown():
    fields = dict(MANIFEST["user_config"])
    for variable, placeholder in BUNDLE_ENVIRONMENT.items():
        field = fields.pop(placeholder.removeprefix("${user_config.").removesuffix("}"))
        assert field.get("sensitive", False) == (variable in SECRET_VARIABLES), variable
        # A host may pass on the placeholder itself for a field that was left blank and has no default.
        assert "default" in field, variable
    assert fields == {}, "asked for, and not passed on"


def test_the_bundle_asks_for_the_keys_of_every_venue_and_of_no_other():
    venues = {path.parent.name for path in (ROOT / "exchanges").glob("*/__init__.py")} - {"paper", "sources"}
    keys = [variable for variable in KEY_VARIABLES if variable.partition("_")[0].lower() in venues]
    ours = ["BLAVE_MCP_MODE", "BLAVE_MCP_ALERT_CHANNELS", *CHANNEL_VARIABLES]
    assert sorted(BUNDLE_ENVIRONMENT) == sorted([*ours, *keys])
