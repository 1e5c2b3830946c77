"""The working warehouse on a Spark cluster, with the interface of warehouse/protocol.py."""
