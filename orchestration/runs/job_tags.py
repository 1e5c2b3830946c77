"""The name of the nightly job, and the tag that says which data directory a run is about."""

JOB_NAME = "nightly"
DATA_DIR_TAG = "credits/data_dir"
