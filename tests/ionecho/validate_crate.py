"""Validation of a research object by `roc-validator`, run by its own interpreter and without a network.

The JSON-LD context that it would fetch is the copy of it that comes with the library ``rocrate``.
"""

import json
import sys
from pathlib import Path

import rdflib.plugins.shared.jsonld.context as contexts  # type: ignore[import-not-found, unused-ignore]
from rocrate_validator import models, services  # type: ignore[import-not-found, unused-ignore]
from rocrate_validator.utils.http import HttpRequester  # type: ignore[import-not-found, unused-ignore]

FOLDER, CONTEXT = sys.argv[1:]
KNOWN = "https://w3id.org/ro/crate/"
content = Path(CONTEXT).read_text()


class Answer:
    def __init__(self) -> None:
        self.status_code, self.ok, self.text, self.from_cache = 200, True, content, False
        self.headers, self.content = {"Content-Type": "application/ld+json"}, content.encode()

    def json(self):  # type: ignore[no-untyped-def]
        return json.loads(self.text)

    def raise_for_status(self) -> None:
        pass


def answer(self, url, *args, **options):  # type: ignore[no-untyped-def]
    if not url.startswith(KNOWN):
        raise OSError(f"no network, so no {url}")
    return Answer()


def read(source, *args, **options):  # type: ignore[no-untyped-def]
    return (json.loads(content), None) if str(source).startswith(KNOWN) else fetched(source, *args, **options)


HttpRequester.get = HttpRequester.head = answer
fetched, contexts.source_to_json = contexts.source_to_json, read
settings = services.ValidationSettings(
    rocrate_uri=FOLDER, profile_identifier="ro-crate-1.3", requirement_severity=models.Severity.REQUIRED
)
result = services.validate(settings)
for issue in result.get_issues():
    sys.stdout.write(f"{issue.severity} {issue.check.identifier} {issue.message}\n")
sys.exit(0 if result.passed() else 1)
