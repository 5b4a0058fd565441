"""What starts a run: the Cloud Function, the Lambda, the watcher."""
