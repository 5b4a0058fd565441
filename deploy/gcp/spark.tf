# What the Spark jobs need besides the buckets. Nothing here costs anything until a job is submitted.

resource "google_service_account" "spark" {
  count = var.spark ? 1 : 0

  account_id   = "${var.name}-spark"
  display_name = "Reelhouse: runs the Spark jobs"

  depends_on = [google_project_service.needed]
}

# Google asks for this role of every account that runs a batch.
resource "google_project_iam_member" "spark_works" {
  count = var.spark ? 1 : 0

  project = var.project
  role    = "roles/dataproc.worker"
  member  = google_service_account.spark[0].member
}

resource "google_storage_bucket_iam_member" "spark_reads" {
  for_each = var.spark ? {
    landing = google_storage_bucket.landing.name
    code    = google_storage_bucket.code.name
  } : {}

  bucket = each.value
  role   = "roles/storage.objectViewer"
  member = google_service_account.spark[0].member
}

resource "google_storage_bucket_iam_member" "spark_writes_lake" {
  count = var.spark ? 1 : 0

  bucket = google_storage_bucket.lake.name
  role   = "roles/storage.objectUser"
  member = google_service_account.spark[0].member
}
