# A warehouse in BigQuery: its datasets, the connection by which it sees the bucket, and who may do
# what. The tables are made by `reelhouse warehouse init --target bigquery`.

terraform {
  required_version = ">= 1.9"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.0, < 9.0"
    }
  }
}

# Credentials are those of `gcloud auth application-default login`.
provider "google" {
  project = var.project
  region  = var.location
}

locals {
  datasets = toset(["raw", "staging", "errors", "core"])
  shown    = toset(["errors", "core"])
}

resource "google_project_service" "needed" {
  for_each = toset(["bigquery.googleapis.com", "bigqueryconnection.googleapis.com"])

  service            = each.key
  disable_on_destroy = false
}

resource "google_bigquery_dataset" "of" {
  for_each = local.datasets

  dataset_id                 = each.key
  location                   = var.location
  description                = "Reelhouse: ${each.key}"
  delete_contents_on_destroy = var.force_destroy

  depends_on = [google_project_service.needed]
}

# The connection reads the bucket as an account of its own, whatever the person who asks may read.
resource "google_bigquery_connection" "landing" {
  connection_id = "reelhouse"
  location      = var.location
  description   = "How BigQuery sees the landing bucket of Reelhouse."

  cloud_resource {}

  depends_on = [google_project_service.needed]
}

resource "google_storage_bucket_iam_member" "landing" {
  bucket = var.landing_bucket
  role   = "roles/storage.objectViewer"
  member = "serviceAccount:${google_bigquery_connection.landing.cloud_resource[0].service_account_id}"
}

# Who loads and builds: Airflow, or a person who runs `reelhouse warehouse run`.
resource "google_service_account" "builder" {
  account_id   = "reelhouse-warehouse"
  display_name = "Loads and builds the warehouse of Reelhouse"
}

resource "google_project_iam_member" "builder" {
  project = var.project
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.builder.member
}

resource "google_bigquery_dataset_iam_member" "builder" {
  for_each = local.datasets

  dataset_id = google_bigquery_dataset.of[each.key].dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.builder.member
}

resource "google_bigquery_connection_iam_member" "builder" {
  location      = var.location
  connection_id = google_bigquery_connection.landing.connection_id
  role          = "roles/bigquery.connectionUser"
  member        = google_service_account.builder.member
}

# LOAD DATA reads the bucket as the one who asks.
resource "google_storage_bucket_iam_member" "builder" {
  bucket = var.landing_bucket
  role   = "roles/storage.objectViewer"
  member = google_service_account.builder.member
}

# Who asks the star: no raw lines, and nothing can be changed.
resource "google_bigquery_dataset_iam_member" "reader" {
  for_each = { for pair in setproduct(local.shown, var.readers) : join(" ", pair) => pair }

  dataset_id = google_bigquery_dataset.of[each.value[0]].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value[1]
}

output "connection" {
  description = "For connection in [warehouse] of reelhouse.toml."
  value       = "${var.project}.${var.location}.${google_bigquery_connection.landing.connection_id}"
}

output "builder" {
  description = "The account that loads and builds."
  value       = google_service_account.builder.email
}
