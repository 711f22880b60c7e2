"""The results of run.py as Markdown and as an SVG."""

import svg
from table import rows_of

METADATA = ("open", "plan")  # phases that read headers and zone maps, no column data


def speed_up(results, result):
    """Against one rank with one thread, where that was measured."""
    base = next((r for r in results if r["ranks"] == 1 and r["threads"] == 1), None)
    return f"{base['seconds'] / result['seconds']:.2f}" if base else ""


def seconds(value):
    return f"{value:.3g}"


def spread(result):
    return f"{seconds(result['seconds'])} ({seconds(result['min_s'])} to {seconds(result['max_s'])})"


def ranks_table(results):
    table = [["ranks x threads", "seconds: median (min to max)", "whole process", "speed-up", "ns per row", "load balance",
              "serial share"]]
    for r in results:
        table.append([f"{r['ranks']} x {r['threads']}", spread(r), seconds(r["process_s"]), speed_up(results, r),
                      f"{r['ns_per_row']:.3g}", f"{r['load_balance']:.2f}", f"{r['serial_fraction']:.3f}"])
    return rows_of(table)


def rows_table(results):
    table = [["rows", "seconds: median (min to max)", "whole process", "ns per row"]]
    for r in results:
        table.append([f"{r['rows']:,} {r['source']}", spread(r), seconds(r["process_s"]), f"{r['ns_per_row']:.3g}"])
    return rows_of(table)


def files_table(results):
    table = [["files", "ranks x threads", "seconds: median (min to max)", *METADATA, "their share", "microseconds per file",
              "of them the system's"]]
    for r in results:
        catalog = ", catalog" if "catalog" in r["source"] else ""
        table.append([f"{r['files']:,} of {r['rows'] // r['files']:,} rows{catalog}", f"{r['ranks']} x {r['threads']}", spread(r),
                      *(seconds(r["phases_s"].get(p, 0)) for p in METADATA), f"{100 * r['metadata_share']:.0f} %",
                      f"{r['seconds'] / r['files'] * 1e6:.1f}", f"{r['floor_us']:.1f}"])
    return rows_of(table)


def markdown(results):
    machine = results["machine"]
    lines = [f"`{results['where']}`. Machine: {machine['processor']}, {machine['cores']} cores, "
             f"{machine['memory_bytes'] / 1e9:.0f} GB. Commit {results['commit']}. {results['date']}. "
             f"Medians of {results['repeat']}.", "",
             f"Ranks and threads, over {results['ranks_and_threads'][0]['rows']:,} rows:", "",
             *ranks_table(results["ranks_and_threads"]), "", "Rows, one rank:", "", *rows_table(results["rows"]), "",
             "Many small files. The system's microseconds are those of `bench/scaling/file_floor.cpp`: listing the folder, then "
             "per file open, fstat, a read of the seal and one of the header, close, on as many threads.", "",
             *files_table(results["files"])]
    return "\n".join(lines) + "\n"


def plot(results):
    series = []
    for i, what in enumerate(("stored", "generated")):
        points = [(r["rows"], r["seconds"]) for r in results["rows"] if r["source"] == what]
        if points:
            series.append((f"{what} rows", points, ("#0b6e99", "#e76f51")[i]))
    threads = results["rows"][0]["threads"]
    return svg.lines(f"Seconds of one search, 1 rank, {threads} threads", series, "rows", "seconds")
