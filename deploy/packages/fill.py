#!/usr/bin/env python3
"""Fills in the recipes of this folder from the archives of a release: fill.py VERSION REPOSITORY_URL DIST

DIST has gcmock-VERSION-TARGET.….sha256 for each archive. The recipes are written to DIST/packages. A checksum that is missing is an
error, and nothing is written then.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
TEMPLATES = sorted([*HERE.glob("*/*.rb"), *HERE.glob("*/*.yaml")])
PLACE = re.compile(r"@([A-Z0-9]+(?::[^@\s]+)?)@")


def values(version, repository, dist):
    found = {"VERSION": version, "HOMEPAGE": repository, "DOWNLOADS": f"{repository}/releases/download/v{version}"}
    for path in dist.glob(f"gcmock-{version}-*.sha256"):
        checksum, name = path.read_text(encoding="utf-8").split()
        found["SHA256:" + name.removeprefix(f"gcmock-{version}-")] = checksum
    return found


def main():
    version, repository, dist = sys.argv[1], sys.argv[2].rstrip("/"), pathlib.Path(sys.argv[3])
    known = values(version, repository, dist)
    texts = {template: template.read_text(encoding="utf-8") for template in TEMPLATES}
    missing = {name for text in texts.values() for name in PLACE.findall(text)} - set(known)
    if missing:
        sys.exit(f"{dist} has nothing for {', '.join(sorted(missing))}")
    for template, text in texts.items():
        target = dist / "packages" / template.relative_to(HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(PLACE.sub(lambda place: known[place[1]], text), encoding="utf-8")
        print(target)


if __name__ == "__main__":
    main()
