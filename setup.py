"""Adds to the packages what they need and a checkout has next to them; all else is in pyproject.toml."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = "orchestration/project"  # where orchestration/settings.py looks in an installed package
FILES = ("dagster.yaml", "pyproject.toml", "requirements.lock", "docs/definitions.md")
DBT_FILES = (
    "dbt_project.yml",
    "profiles.yml",
    "macros/**/*.*",
    "models/**/*.*",
    "seeds/**/*.*",
    "tests/**/*.*",
)


class BuildPackages(build_py):
    """Copies the dbt project, dagster.yaml, the locked versions and what every number means."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for file in self._shipped():
                copy = Path(self.build_lib, SHIPPED, file)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copyfile(file, copy)

    def get_source_files(self) -> list[str]:
        """Also what goes into a source distribution."""
        return [*super().get_source_files(), *map(str, self._shipped())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Also what a wheel may not leave out."""
        copies = (
            [] if self.editable_mode else [str(Path(self.build_lib, SHIPPED, f)) for f in self._shipped()]
        )
        return [*super().get_outputs(include_bytecode), *copies]

    @staticmethod
    def _shipped() -> list[Path]:
        found = (
            file for pattern in DBT_FILES for file in Path("dbt_project").glob(pattern) if file.is_file()
        )
        return [*map(Path, FILES), *sorted(found)]


setup(cmdclass={"build_py": BuildPackages})
