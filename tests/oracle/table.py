#!/usr/bin/env python3
"""How near `sealnix manifest` comes to real Nix, as one table over a folder of repositories.

    python3 tests/oracle/table.py ORACLE REPOSITORIES [NAME…] [--sealnix PROGRAM] [--show]

ORACLE is a folder of NAME.json: what real Nix says of the public repository NAME (OWNER+REPO) at a
commit. REPOSITORIES holds a checkout of each at that commit, in a folder of that name. Both stay
outside this repository; docs/comparison.md says what a file of the oracle holds. Hosts that it marks
as partial are left out. --show prints each comparison in full besides.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

FIELDS = ["key", "format", "path", "mode", "owner", "group", "neededForUsers"]
NULLABLE = {"owner", "group"}  # null is a value of these; of others it means that Nix could not tell
DECLARED = {"sopsFile", "key", "format", "mode", "neededForUsers"}
SECONDS = 120  # a run that takes longer is ended


def spot(at):
    """`FILE:LINE` as a place; the oracle gives no columns, and none are compared."""
    file, line = at.rsplit(":", 1)
    return {"file": file, "line": int(line), "column": 1}


def manifest_secret(secret):
    known = [field for field in FIELDS if field in secret and field not in (secret.get("unknown") or [])]
    made = {field: secret[field] for field in known if secret[field] is not None or field in NULLABLE}
    if secret.get("sopsFile") and "sopsFile" not in (secret.get("unknown") or []):
        made["sopsFile"] = {"path": secret["sopsFile"]}
    if secret.get("at"):
        made["at"] = spot(secret["at"])
    return made


def manifest_template(template):
    made = {field: template[field] for field in ("path", "placeholders") if template.get(field) is not None}
    if template.get("at"):
        made["at"] = spot(template["at"])
    return made


def manifest_sops(part):
    secrets = {name: manifest_secret(secret) for name, secret in (part.get("secrets") or {}).items()}
    templates = {name: manifest_template(template) for name, template in (part.get("templates") or {}).items()}
    return {"secrets": secrets, "templates": templates}


def manifest(oracle):
    """A file of the oracle as a manifest (docs/manifest.md), without partial hosts."""
    hosts = [
        {
            "name": host["name"],
            "kind": host["kind"],
            "attr": host["attr"],
            "complete": {"secrets": True, "templates": True},
            "sops": manifest_sops(host) if host["sops"] else None,
            "homeUsers": {user: {"sops": manifest_sops(part)} for user, part in (host.get("homeUsers") or {}).items()},
        }
        for host in oracle["hosts"]
        if not host.get("partial")
    ]
    return {"version": 1, "hosts": hosts}


def run(command):
    """Output, errors, exit code, seconds, and peak memory in MB."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors)
        deadline = threading.Timer(SECONDS, child.kill)
        deadline.start()
        _, status, usage = os.wait4(child.pid, 0)
        deadline.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        seconds = time.monotonic() - started
        return out.read().decode(), errors.read().decode(), child.returncode, seconds, usage.ru_maxrss / 1024


def wrong(hosts):
    """How many secrets have a wrong declared field, path, and owner or group."""
    counts = [0, 0, 0]
    for host in hosts:
        for secret in host["secrets"]:
            fields = {difference["field"] for difference in secret.get("differences", [])}
            for index, kind in enumerate((DECLARED, {"path"}, {"owner", "group"})):
                counts[index] += bool(fields & kind)
    return counts


def row(comparison):
    """The counts of a comparison, in the order of COLUMNS."""
    totals = comparison["totals"]
    secrets, templates = totals["secrets"], totals["templates"]
    return [
        totals["hosts"]["equal"],
        totals["hosts"]["total"],
        secrets["total"],
        secrets["equal"],
        secrets["unknown"],
        secrets["conditional"],
        *wrong(comparison["hosts"]),
        secrets["missing"] + secrets["missingUnknown"],
        secrets["invented"],
        secrets["conditionalExtra"],
        totals["at"]["equal"],
        totals["at"]["total"],
        totals["placeholders"]["equal"],
        totals["placeholders"]["total"],
        templates["missing"] + templates["missingUnknown"],
        templates["invented"],
    ]


def nothing(other):
    """The counts where sealnix gives no comparison: all that the manifest lists is missing."""
    parts = [part["sops"] or {} for host in other["hosts"] for part in [host, *host["homeUsers"].values()]]
    secrets = sum(len(part.get("secrets", {})) for part in parts)
    templates = sum(len(part.get("templates", {})) for part in parts)
    return [0, len(other["hosts"]), secrets, *[0] * 6, secrets, *[0] * 6, templates, 0]


def share(equal, total):
    return f"{100 * equal / total:.1f}%" if total else "-"


def line(name, counts, seconds="", memory="", ended=""):
    hosts, of_hosts, total, equal, unknown, conditional, *rest = counts
    declared, path, owner, missing, invented, extra, at, of_at, holders, of_holders, no_template, new_template = rest
    cells = [
        f"{name:34}",
        f"{hosts}/{of_hosts}",
        f"{total}",
        f"{equal}",
        share(equal, total),
        f"{unknown}",
        f"{conditional}",
        f"{declared}/{path}/{owner}",
        f"{missing}",
        f"{invented}",
        f"{extra}",
        f"{at}/{of_at}",
        f"{holders}/{of_holders}",
        f"{no_template}/{new_template}",
        seconds,
        memory,
        ended,
    ]
    return "  ".join(cell if index == 0 else f"{cell:>{width}}" for index, (cell, width) in enumerate(zip(cells, WIDTHS)))


WIDTHS = [34, 7, 5, 5, 6, 4, 4, 8, 4, 4, 5, 9, 8, 6, 6, 5, 6]
HEAD = ["repository", "hosts", "secr", "sure", "", "unkn", "cond", "wrong*", "miss", "inv", "fcond", "at", "holders"]
HEAD += ["templ*", "s", "MB", "exit"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("oracle", type=Path)
    parser.add_argument("repositories", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sealnix", default="target/release/sealnix")
    parser.add_argument("--show", action="store_true", help="print each comparison in full")
    arguments = parser.parse_args()
    names = arguments.names or sorted(file.stem for file in arguments.oracle.glob("*.json"))
    print("  ".join(f"{cell:{'<' if index == 0 else '>'}{width}}" for index, (cell, width) in enumerate(zip(HEAD, WIDTHS))))
    totals, slowest, largest, total_seconds = None, 0, 0, 0
    for name in names:
        checkout = arguments.repositories / name
        if not checkout.is_dir():
            print(f"{name:34}  no checkout")
            continue
        other = manifest(json.loads((arguments.oracle / f"{name}.json").read_text()))
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(other, file)
            file.flush()
            command = [arguments.sealnix, "manifest", str(checkout), "--compare", file.name]
            out, errors, code, seconds, memory = run([*command, "--format", "json"])
            ended = "panic" if "panicked" in errors else f"signal {-code}" if code < 0 else str(code)
            try:
                counts = row(json.loads(out))
            except (ValueError, KeyError):
                counts = nothing(other)
                said = " ".join(errors.split())
                print(f"{name}: no comparison: {said[:160]}")
            if arguments.show:
                subprocess.run(command)
        print(line(name, counts, f"{seconds:.2f}", f"{memory:.0f}", ended), flush=True)
        totals = [a + b for a, b in zip(totals, counts)] if totals else counts
        slowest, largest, total_seconds = max(slowest, seconds), max(largest, memory), total_seconds + seconds
    if totals:
        print(line("total (seconds: all; MB: most)", totals, f"{total_seconds:.1f}", f"{largest:.0f}"))
        hosts, of_hosts, total, equal, *_, at, of_at, holders, of_holders, _, _ = totals
        print(f"hosts found {share(hosts, of_hosts)}, sure and equal {share(equal, total)}, false conditional "
              f"{share(totals[11], total)}, at {share(at, of_at)}, placeholders {share(holders, of_holders)}, "
              f"slowest {slowest:.2f} s")
        print("* wrong: secrets with another declared field / path / owner or group; templ: missing / invented")


if __name__ == "__main__":
    sys.exit(main())
