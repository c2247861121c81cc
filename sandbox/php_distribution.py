"""PHP from Debian's packages, with the two libraries that read an application's `.env`: Laravel's and Symfony's."""

from __future__ import annotations

from pathlib import Path

from .mysql_distribution import Distribution, unpacked

PACKAGES = ("php-cli", "php-vlucas-phpdotenv", "php-symfony-dotenv")
EXTENSIONS = ("ctype", "mbstring")
SCRIPTS = Path(__file__).parent / "php"


def install(log: Path) -> Distribution:
    """The newest PHP of the cache, downloaded when there is none."""
    return unpacked("php", PACKAGES, log)


def command(distribution: Distribution) -> list[str]:
    """How to call it without any php.ini of the machine; it finds all classes of its libraries."""
    settings = {
        "extension_dir": next(distribution.root.glob("usr/lib/php/20*")),
        "include_path": distribution.root / "usr/share/php",
        "auto_prepend_file": SCRIPTS / "autoload.php",
        "error_reporting": -1,
        "display_errors": "stderr",
    }
    options = [f"{name}={value}" for name, value in settings.items()] + [f"extension={name}" for name in EXTENSIONS]
    program = distribution.command("php[0-9]*")
    return [*program, "-n", *(word for option in options for word in ("-d", option))]
