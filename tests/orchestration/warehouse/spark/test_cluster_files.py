"""The files of a cluster's warehouse, here on this machine."""

from __future__ import annotations

from pathlib import Path

from orchestration.warehouse.spark.cluster_files import ClusterFiles


def test_the_bytes_of_a_table_are_those_of_its_files_in_all_partitions(tmp_path: Path) -> None:
    root = tmp_path / "warehouse"
    files = ClusterFiles(root.as_uri(), folder=tmp_path, is_shared=True)
    assert files.folder_bytes("tables") == {}
    for name, size in (("a/part-0", 3), ("a/day=1/part-0", 4), ("b/part-0", 5)):
        file = root / "tables" / "facts" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
    assert files.folder_bytes("tables") == {"facts/a": 7, "facts/b": 5}
    (root / "tables" / "facts" / "a" / "part-1").write_bytes(b"xx")
    assert files.folder_bytes("tables")["facts/a"] == 9
