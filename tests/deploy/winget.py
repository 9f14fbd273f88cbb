#!/usr/bin/env python3
"""Judges filled-in winget manifests: winget.py FOLDER VERSION. The rules are those of winget's schemas 1.6.0 for the keys in use."""

import pathlib
import sys

import jsonschema
import yaml

IDENTIFIER = r'^[^\.\s\\/:\*\?"<>\|]{1,32}(\.[^\.\s\\/:\*\?"<>\|]{1,32}){1,7}$'
LOCALE = r"^[a-zA-Z]{2,3}(-[a-zA-Z]{1,8})*$"


def text(most, **more):
    return {"type": "string", "minLength": 1, "maxLength": most, **more}


def manifest(kind, **properties):
    common = {
        "PackageIdentifier": text(128, pattern=IDENTIFIER),
        "PackageVersion": text(128, const=sys.argv[2]),
        "ManifestType": {"const": kind},
        "ManifestVersion": {"const": "1.6.0"},
    }
    optional = {"Moniker", "PackageUrl", "Tags"}
    required = [name for name in {**common, **properties} if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": {**common, **properties}}


def record(**properties):
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def schemas():
    nested = record(RelativeFilePath=text(512), PortableCommandAlias=text(40))
    installer = record(
        Architecture={"enum": ["x86", "x64", "arm", "arm64", "neutral"]},
        InstallerUrl=text(2048, pattern="^([Hh][Tt][Tt][Pp][Ss]?)://.+$"),
        InstallerSha256=text(64, pattern="^[A-Fa-f0-9]{64}$"),
    )
    return {
        "gcmock.yaml": manifest("version", DefaultLocale=text(20, pattern=LOCALE)),
        "gcmock.installer.yaml": manifest(
            "installer",
            InstallerType={"const": "zip"},
            NestedInstallerType={"const": "portable"},
            NestedInstallerFiles={"type": "array", "minItems": 1, "maxItems": 1024, "items": nested},
            Installers={"type": "array", "minItems": 1, "maxItems": 1024, "items": installer},
        ),
        "gcmock.locale.en-US.yaml": manifest(
            "defaultLocale",
            PackageLocale=text(20, pattern=LOCALE),
            Publisher=text(256),
            PackageName=text(256),
            PackageUrl=text(2048, pattern="^https?://"),
            License=text(512),
            ShortDescription=text(256),
            Moniker=text(40),
            Tags={"type": "array", "maxItems": 16, "uniqueItems": True, "items": text(40)},
        ),
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, schema in schemas().items():
        jsonschema.Draft7Validator(schema).validate(yaml.safe_load((folder / name).read_text(encoding="utf-8")))
    installer = yaml.safe_load((folder / "gcmock.installer.yaml").read_text(encoding="utf-8"))
    archive = installer["Installers"][0]["InstallerUrl"].rsplit("/", 1)[1].removesuffix(".zip")
    inside = installer["NestedInstallerFiles"][0]["RelativeFilePath"]
    return 0 if inside == f"{archive}\\gcmock.exe" else 1


if __name__ == "__main__":
    sys.exit(main())
