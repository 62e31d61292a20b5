"""Runs vectors.json against judge.py: `python3 run.py [path of vectors.json]`. Exits with 1 if a case does not hold."""

import json
import sys
from pathlib import Path

import judge

HERE = Path(__file__).resolve().parent
RAN = ("judge", "feature", "schedule", "merge")


def judged(given, keys):
    store = given.get("store", {})
    trusted = [keys[name] for name in given["trusted"]]
    if "set" in store:
        trusted += judge.endorsed(store["set"], trusted, given["product"])
    names = {"issuer": "issuer", "fingerprint": "fingerprint", "deviceKey": "device_key"}
    holder = {ours: given[name] for name, ours in names.items() if name in given}
    claims, wrong = judge.verify(given["token"], trusted, given["product"], **holder)
    if wrong:
        return {"status": "invalid", "usable": False, "reason": wrong}
    names = {"skew": "skew", "signedAt": "mark", "elapsed": "elapsed", "seen": "seen", "released": "released"}
    memory = {ours: store[name] for name, ours in names.items() if name in store}
    failed = given.get("contact") == "failed"
    return judge.judge(claims, given["now"], refusal=given.get("refusal"), contact_failed=failed, **memory)


def result(case, keys):
    kind, given = case["kind"], case["input"]
    if kind == "judge":
        return judged(given, keys)
    if kind == "feature":
        features = json.loads(given["features"])
        return {"has": given["name"] in features, "value": features.get(given["name"])}
    if kind == "merge":
        return {"kept": judge.newer(given["stored"], given["incoming"])}
    due = judge.renew_at(given["claims"], given["receivedAt"], given["r"])
    return {"due": due, "sleep": None if due is None else min(max(due - given["now"], 0), 60_000)}


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "vectors.json"
    vectors = json.loads(path.read_text("utf-8"))
    cases = [case for case in vectors["cases"] if case["kind"] in RAN]
    wrong = 0
    for case in cases:
        found = result(case, vectors["keys"])
        if any(name not in found or found[name] != value for name, value in case["expect"].items()):
            wrong += 1
            print(f"{case['name']}: {found}, and {case['expect']} is right", file=sys.stderr)
    print(f"Python: {len(cases) - wrong} of {len(cases)} cases hold ({', '.join(RAN)})")
    sys.exit(1 if wrong or not cases else 0)


main()
