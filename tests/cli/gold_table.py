"""Reads datasets as other programs do: h5py, no plugin."""

import h5py
import numpy


def column(file, name):
    """Values as Python objects, None for NULL; gzip files need no plugin."""
    c = file["columns"][name]
    if isinstance(c, h5py.Dataset):
        values = [v.item() for v in c[:]]
    elif "codes" in c:
        categories = c["categories"][:]
        values = [categories[i].decode() if len(categories) else "" for i in c["codes"][:]]
    else:
        ends, text = c["ends"][:], c["bytes"][:].tobytes()
        values = [text[i:j].decode("utf-8", "surrogateescape")
                  for i, j in zip([0, *map(int, ends)], map(int, ends))]
    valid = file["validity"][name][:] if name in file["validity"] else numpy.ones(len(values), bool)
    return [v if ok else None for v, ok in zip(values, valid)]


def table(path):
    with h5py.File(path) as file:
        names = [c.attrs["name"] for c in file["columns"].values()]
        names = [n.decode() if isinstance(n, bytes) else n for n in names]
        columns = {name: column(file, name) for name in names}
    size = {len(c) for c in columns.values()}
    assert len(size) == 1, size
    return [dict(zip(columns, row)) for row in zip(*columns.values())]
