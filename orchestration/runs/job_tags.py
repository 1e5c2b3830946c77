"""The name of the nightly job, and the tag that names the data directory of a run."""

JOB_NAME = "nightly"
DATA_DIR_TAG = "credits/data_dir"
