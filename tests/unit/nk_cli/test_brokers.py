"""Starting brokers."""

from __future__ import annotations

import uuid

from nk_cli.brokers import cluster_name


def test_a_cluster_id_never_begins_with_a_hyphen() -> None:
    """One in 64 would, and then Apache Kafka did not start."""
    hyphen, plain = uuid.UUID(bytes=b"\xf8" + bytes(15)), uuid.UUID(bytes=bytes(16))
    assert cluster_name(iter([hyphen, plain]).__next__) == "A" * 22
