"""What one can do who may write a run directory and knows how its digests are made."""

import hashlib
import json
import re


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def merkle_root(leaves):
    """RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + merkle_root(leaves[:k]) + merkle_root(leaves[k:])).digest()


def reseal(run, result_file, text, change=lambda body: None):
    """Replaces the result of a run, lets `change` edit its certificate, and makes every digest agree with them."""
    (run / result_file).write_text(text)
    body = json.loads((run / "certificate.json").read_text())
    body.pop("certificate")
    change(body)
    body["result_digest"] = hashlib.sha256(text.encode()).hexdigest()
    body["merkle_root"] = merkle_root([compact(d) for d in body["datasets"]]).hex()
    digest = hashlib.sha256(compact(body)).hexdigest()
    (run / "certificate.json").write_text(json.dumps({**body, "certificate": digest}))
    record = json.loads((run / "run_record.json").read_text())
    honest = {key: record[key] for key in ("certificate", "result_digest")}
    record.update(certificate=digest, result_digest=body["result_digest"], coverage=body["coverage"])
    (run / "run_record.json").write_text(json.dumps(record))
    summary = (run / "execution_summary.md").read_text()
    for key, old in honest.items():
        summary = summary.replace(old, record[key])
    matches, candidates = body["coverage"]["matches"], body["coverage"]["candidates"]
    summary = re.sub(r"\| matches \| [\d,]+", f"| matches | {matches:,}", summary)
    summary = re.sub(r"\| candidates \| [\d,]+", f"| candidates | {candidates:,}", summary)
    (run / "execution_summary.md").write_text(summary)
