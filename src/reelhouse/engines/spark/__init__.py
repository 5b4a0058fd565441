"""The engines `spark` and `spark-rdd`."""
