"""One Markdown table from the JSON of Google Benchmark: rates, and ratios to the read rate of the same run."""

import json
import subprocess
import sys


def machine():
    lines = subprocess.run(["lscpu"], capture_output=True, text=True).stdout.splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("Model name")]
    return names[0] if names else "unknown processor"


def main(paths):
    first = True
    for path in paths:
        with open(path) as file:
            run = json.load(file)
        context = run["context"]
        if first:
            print(f"Machine: {machine()}, {context['num_cpus']} cores. Ranks {context['ranks']}, threads {context['threads']}. "
                  f"Commit {context['commit']}. {context['date']}.\n")
            print("| benchmark | GB/s | of the read rate | M rows or keys/s | |\n|---|---:|---:|---:|---|")
            first = False
        rates = {b["name"]: b for b in run["benchmarks"]}
        read = rates["read/524288"]["bytes_per_second"]
        for name, b in rates.items():
            bytes_per_second, items = b.get("bytes_per_second"), b.get("items_per_second")
            extra = [f"false-positive rate {b['fpr']:.5f}"] if "fpr" in b else []
            if "stored_bytes" in b:
                extra.append(f"{b['stored_bytes'] / 1e6:.2f} MB stored for 1,000,000 rows")
            print(f"| {path.rsplit('/', 1)[-1][:-5]}: {name} "
                  f"| {bytes_per_second / 1e9:.2f} | {bytes_per_second / read:.2f} " if bytes_per_second else
                  f"| {path.rsplit('/', 1)[-1][:-5]}: {name} | | ", end="")
            print(f"| {items / 1e6:.1f} " if items else "| ", end="")
            print(f"| {', '.join(extra)} |")


main(sys.argv[1:])
