output "landing" {
  description = "Where to land files: reelhouse land FILE --to this."
  value       = "gs://${google_storage_bucket.landing.name}"
}

output "lake" {
  description = "Where the tables are: reelhouse status --lake this."
  value       = "gs://${google_storage_bucket.lake.name}"
}

output "code" {
  description = "Where the Spark jobs' packages go."
  value       = "gs://${google_storage_bucket.code.name}"
}

output "function" {
  description = "The function's name, for its logs: gcloud functions logs read."
  value       = google_cloudfunctions2_function.ingest.name
}

output "sweep_job" {
  description = "The scheduler's job, to sweep at once: gcloud scheduler jobs run."
  value       = google_cloud_scheduler_job.sweep.name
}

output "region" {
  description = "Where all of it is."
  value       = var.region
}

output "spark_account" {
  description = "The account that Spark jobs run as, if spark = true."
  value       = one(google_service_account.spark[*].email)
}
