"""The working warehouse on a Spark cluster, behind the interface of warehouse/protocol.py."""
